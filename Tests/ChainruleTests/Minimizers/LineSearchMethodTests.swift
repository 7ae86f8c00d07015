import Testing

@testable import Chainrule

/// The methods with a line search, on functions whose minima are known.
@Suite struct LineSearchMethodTests {
    /// Those that need the gradient alone.
    private static let methods: [any LineSearchMethod] = [
        LBFGS(), BFGS(), ConjugateGradients(.fletcherReeves), ConjugateGradients(.polakRibiere),
    ]

    /// scipy 1.17.1 needs 45 evaluations with L-BFGS-B, 39 with BFGS and 78 with CG, whose c₂ is 0.4 (`gtol=1e-5, ftol=0`).
    @Test(
        arguments: [
            (LBFGS(), 45), (BFGS(), 39), (ConjugateGradients(.fletcherReeves, c2: 0.4), 78),
            (ConjugateGradients(.polakRibiere, c2: 0.4), 78),
        ] as [(any Minimizer, Int)])
    func rosenbrock(_ method: any Minimizer, _ evaluations: Int) throws {
        let (minimum, w) = try AnalyticObjective.rosenbrock(2).minimize(
            method, from: [-1.2, 1], until(gradientNorm: 1e-5))
        #expect(minimum.reason == .cancelled)
        #expect(minimum.gradientNorm <= 1e-5)
        expectClose(w, [1, 1], absolute: 1e-5)
        #expect(Double(minimum.evaluations) <= 1.2 * Double(evaluations))
    }

    @Test func rosenbrockOfMany() throws {
        for method in LineSearchMethodTests.methods {
            let objective = AnalyticObjective.rosenbrock(10)
            let (minimum, _) = try objective.minimize(
                method, from: (0..<10).map { $0 % 2 == 0 ? -1.2 : 1 }, until(gradientNorm: 1e-5))
            #expect(minimum.reason == .cancelled, "\(method.identifier)")
            #expect(minimum.evaluations == objective.points.count)
            #expect(minimum.evaluations < 600, "\(method.identifier): \(minimum.evaluations)")
            // There is a second minimum of about 3.99.
            #expect(minimum.cost < 1e-7 || (minimum.cost - 3.9866).magnitude < 1e-3, "\(method.identifier)")
        }
    }

    /// On a quadratic of n variables these methods end after n steps, if each goes to the minimum along its direction: the
    /// gradients are then orthogonal.
    @Test func quadraticInAsManyStepsAsVariables() throws {
        let methods: [any LineSearchMethod] = [
            LBFGS(c2: 1e-3), BFGS(c2: 1e-3), ConjugateGradients(.fletcherReeves, c2: 1e-3),
            ConjugateGradients(.polakRibiere, c2: 1e-3),
        ]
        for method in methods {
            var iterations = 0
            let (minimum, w) = try AnalyticObjective.quadratic([1, 2, 4, 8, 16, 32]).minimize(
                method, from: [Double](repeating: 9, count: 6),
                endless {
                    $0.onIteration = { iteration in
                        iterations = iteration.number
                        return iteration.gradientNorm > 1e-3
                    }
                })
            #expect(minimum.reason == .cancelled, "\(method.identifier)")
            #expect(minimum.iterations == iterations)
            #expect(minimum.iterations <= 7, "\(method.identifier): \(minimum.iterations)")
            expectClose(w, [0, 1, 2, 3, 4, 5], absolute: 1e-3, method.identifier.description)
        }
    }

    @Test func wolfeConditionsHoldAtEveryStep() throws {
        for method in LineSearchMethodTests.methods {
            for count in [2, 5, 20] {
                let objective = AnalyticObjective.rosenbrock(count)
                var accepted = [0]
                _ = try objective.minimize(
                    method, from: [Double](repeating: -0.8, count: count),
                    endless {
                        $0.onIteration = { iteration in
                            accepted.append(iteration.evaluations - 1)
                            return iteration.gradientNorm > 1e-3
                        }
                    })
                #expect(accepted.count > 5)
                for (before, after) in zip(accepted, accepted.dropFirst()) {
                    let (a, b) = (objective.points[before], objective.points[after])
                    let step = zip(a.w, b.w).map { $1 - $0 }
                    let slope = zip(a.gradient, step).map { $0 * $1 }.reduce(0, +)
                    let slopeAfter = zip(b.gradient, step).map { $0 * $1 }.reduce(0, +)
                    #expect(slope < 0)
                    #expect(b.cost <= a.cost + method.conditions.decrease * slope + 1e-14 * a.cost)
                    // The step is rounded, and its slopes with it.
                    #expect(slopeAfter.magnitude <= -method.conditions.curvature * slope * (1 + 1e-6))
                }
            }
        }
    }

    /// φ of Moré and Thuente (1994), their function 5.1, −α / (α² + 2): the evaluations and the α of their table I.
    @Test(arguments: [(1e-3, 6, 1.4), (1e-1, 3, 1.4), (1e1, 1, 10), (1e3, 4, 37)])
    func lineSearch(firstStep: Double, evaluations: Int, step: Double) throws {
        func phi(_ a: Double) -> (Double, Double) {
            let bottom = a * a + 2
            return (-a / bottom, (a * a - 2) / (bottom * bottom))
        }
        let start = MoreThuente.Point(step: 0, value: 0, slope: -0.5)
        let conditions = WolfeConditions(decrease: 1e-3, curvature: 0.1)
        var steps = MoreThuente(from: start, decrease: 1e-3 * -0.5, firstStep: firstStep)
        var trials = 0
        while trials < 20 {
            trials += 1
            let (value, slope) = phi(steps.step)
            let point = MoreThuente.Point(step: steps.step, value: value, slope: slope)
            if conditions.hold(from: start, at: point, noise: 0) { break }
            let goesOn = steps.advance(point)
            #expect(goesOn)
        }
        #expect(trials == evaluations)
        #expect((steps.step - step).magnitude < 0.05 * step)
    }

    @Test func approximateConditionsWhereTheDifferenceIsRounding() {
        let start = MoreThuente.Point(step: 0, value: 1, slope: -1e-10)
        let conditions = WolfeConditions(decrease: 1e-4, curvature: 0.9)
        func hold(_ change: Double, _ slope: Double) -> Bool {
            conditions.hold(
                from: start, at: MoreThuente.Point(step: 1, value: 1 + change, slope: slope), noise: 1e-8)
        }
        #expect(hold(-1e-9, 0))
        #expect(hold(1e-9, 0))
        #expect(!hold(1e-7, 0))
        // Too steep, still and after the minimum.
        #expect(!hold(-1e-9, -0.95e-10))
        #expect(!hold(-1e-9, 0.95e-10))
    }

    /// w + 1 / w, which here is not defined for w ≤ 0, where first steps lead.
    @Test func stepsBackFromWhereTheFunctionIsNotDefined() throws {
        for method in LineSearchMethodTests.methods {
            var undefined = 0
            let objective = AnalyticObjective(2) { w throws(ChainruleError) in
                guard w[0] > 0 && w[1] > 0 else {
                    undefined += 1
                    throw ChainruleError(.notFinite, "at \(w[0]) and \(w[1])")
                }
                return (w[0] + 1 / w[0] + w[1] + 1 / w[1], [1 - 1 / (w[0] * w[0]), 1 - 1 / (w[1] * w[1])])
            }
            let (minimum, w) = try objective.minimize(
                method, from: [20, 0.9], until(gradientNorm: 1e-6))
            #expect(undefined > 0, "\(method.identifier)")
            #expect(minimum.reason == .cancelled)
            #expect(minimum.evaluations == objective.points.count + undefined)
            expectClose(w, [1, 1], absolute: 1e-5, method.identifier.description)
        }
    }

    @Test func functionWithoutAMinimum() throws {
        for method in LineSearchMethodTests.methods {
            let objective = AnalyticObjective(1) { w in (-w[0], [-1]) }
            let (minimum, w) = try objective.minimize(method, from: [0], endless { $0.maxEvaluations = 100 })
            #expect(minimum.reason == .maxEvaluations, "\(method.identifier)")
            #expect(minimum.evaluations == 100)
            #expect(minimum.cost == -w[0])
            #expect(w[0] > 1e6)
        }
    }

    @Test func errorsThatEndTheRun() throws {
        for method in LineSearchMethodTests.methods {
            let objective = AnalyticObjective.rosenbrock(2)
            let failing = AnalyticObjective(2) { w throws(ChainruleError) in
                guard objective.points.count < 7 else { throw ChainruleError(.callback, "the cost failed") }
                do {
                    let gradient = try Vectors(2, length: 2, for: "a test")
                    for index in 0..<2 { gradient[0][index] = w[index] }
                    let cost = try objective.evaluate(at: gradient[0], gradient: gradient[1])
                    return (cost, gradient[1].elements)
                }
            }
            expectError(.callback, "the cost failed") { _ = try failing.minimize(method, from: [-1.2, 1]) }
            #expect(failing.points.count == 7)
        }
    }
}
