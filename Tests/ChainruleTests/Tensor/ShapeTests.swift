import Testing

@testable import Chainrule

@Suite struct ShapeTests {
    @Test func hasItsExtents() throws {
        for extents in [[5], [1], [7, 3], [28, 28, 1], [2, 3, 4, 5], [Int(Int32.max)]] {
            let shape = try Shape(extents)
            #expect(shape.extents == extents && shape.rank == extents.count)
            #expect(shape.channels == extents.last && shape.count == extents.reduce(1, *))
            #expect(shape.positions * shape.channels == shape.count)
        }
        #expect(try Shape([28, 28, 1]).text == "[28, 28, 1]")
        #expect(try Shape([6]) != Shape([6, 1]))
        #expect(try Shape([6, 1]) == Shape([6, 1]))
    }

    @Test func refusesWhatIsNone() {
        expectError(.size, "1 to 4 axes", "0 were given") { _ = try Shape([]) }
        expectError(.size, "1 to 4 axes", "5 were given") { _ = try Shape([1, 1, 1, 1, 1]) }
        expectError(.size, "axis 1", "is 0 long") { _ = try Shape([3, 0]) }
        expectError(.size, "axis 0", "is -1 long") { _ = try Shape([-1]) }
        expectError(.size, "2147483647", "axis 0", "2147483648") { _ = try Shape([1 << 31]) }
        expectError(.size, "2147483647", "axis 1", "65536") { _ = try Shape([65536, 65536]) }
        expectError(.size, "axis 2", "128") { _ = try Shape([4096, 4096, 128, 1]) }
    }

    /// A layer along the last axis keeps the others.
    @Test func layersWorkAlongTheLastAxis() throws {
        var architecture = try Architecture(inputs: 24)
        try architecture.reshape(Shape([2, 3, 4]), name: "image")
        try architecture.dense(5, .softmax, name: "dense")
        try architecture.concatenation(of: ["dense", "image", "dense"], name: "joined")
        try architecture.dropout(0.5)
        try architecture.noise(deviation: 1)
        try architecture.activation(.tanh, name: "last")
        #expect(
            try architecture.nodes.map { $0.shape }
                == [[2, 3, 4], [2, 3, 5], [2, 3, 14], [2, 3, 14], [2, 3, 14], [2, 3, 14]].map { try Shape($0) })
        try architecture.reshape(name: "flat")
        #expect(try architecture.outputShape == Shape([84]) && architecture.outputs == 84)
        let network = try Network(architecture, seed: 1)
        // W is 5 × 4, b has 5.
        #expect(network.parameterCount == 25)
    }

    @Test func refusesShapesThatDoNotFit() throws {
        var architecture = try Architecture(inputs: 24)
        expectError(.size, "reshape '0'", "[24], 24 elements", "[5, 5] has 25") {
            try architecture.reshape(Shape([5, 5]))
        }
        try architecture.reshape(Shape([6, 4]), name: "a")
        try architecture.reshape(Shape([4, 6]), name: "b")
        expectError(.size, "sum 'c'", "[6, 4]", "input 1 [4, 6]") { try architecture.sum(of: ["a", "b"], name: "c") }
        expectError(.size, "sum 'c'", "[24]", "input 1 [6, 4]") { try architecture.sum(of: ["input", "a"], name: "c") }
        expectError(.size, "concatenation 'c'", "[6, 4]", "input 1 [4, 6]") {
            try architecture.concatenation(of: ["a", "b"], name: "c")
        }
        expectError(.size, "concatenation 'c'", "input 1 [24]") {
            try architecture.concatenation(of: ["a", "input"], name: "c")
        }
        expectError(.size, "layer 'c'", "6 times 1073741824 outputs") {
            try architecture.dense(1 << 30, name: "c", input: "a")
        }
        // Softmax of one channel is constant.
        try architecture.reshape(Shape([24, 1]), name: "one")
        expectError(.size, "layer 'd'", "1 wide") { try architecture.activation(.softmax, name: "d") }
    }

    /// Cross-entropy decides between the classes of a whole row.
    @Test func costsOfClassesNeedOneAxis() throws {
        var architecture = try Architecture(inputs: 4)
        try architecture.reshape(Shape([2, 2]))
        try architecture.dense(3)
        let network = try Network(architecture, seed: 1)
        let classes = Targets.classes([0])
        let options = TrainingOptions(cost: .crossEntropy())
        let optimizer = try Optimizer(Adam(), learningRate: 0.1, for: network)
        let calls: [() throws -> Void] = [
            { _ = try network.valueAndGradient(.crossEntropy(), [1, 2, 3, 4], classes) },
            { _ = try network.evaluate(.crossEntropy(), [1, 2, 3, 4], targets: .classes([0, 1])) },
            { _ = try network.fit([1, 2, 3, 4], targets: classes, optimizer: optimizer, options: options) },
        ]
        for call in calls { expectError(.size, "'cross_entropy'", "one row", "[2, 3]", "reshape") { try call() } }
        _ = try network.valueAndGradient(
            .meanSquaredError(), [1, 2, 3, 4], .values([Float](repeating: 0, count: 6), columns: 6))
    }

    /// A row's result depends neither on the rows beside it nor on threads; training with dropout too.
    @Test func resultsDoNotDependOnThreads() throws {
        var noise = Noise(5)
        let x = noise.floats(100 * 24)
        let targets = Targets.values(noise.floats(100 * 8), columns: 8)
        func fit(threads: Int) throws -> [UInt32] {
            var architecture = try Architecture(inputs: 24)
            try architecture.reshape(Shape([6, 4]))
            try architecture.dense(40, .relu)
            try architecture.dropout(0.25)
            try architecture.noise(deviation: 0.1)
            try architecture.reshape()
            try architecture.dense(8)
            let network = try Network(architecture, seed: 3)
            var options = TrainingOptions(cost: .meanSquaredError())
            options.epochs = 2
            options.batchSize = 40
            options.threads = threads
            try network.fit(
                x, targets: targets, optimizer: Optimizer(Adam(), learningRate: 0.01, for: network), options: options)
            return bits(network.parameterVector)
        }
        let alone = try fit(threads: 1)
        for threads in [2, 3] {
            let isSame = try fit(threads: threads) == alone
            #expect(isSame, "\(threads) threads")
        }
    }

    /// Of wide shapes fewer rows are taken at a time, in whole groups of rows; the work counts every position.
    @Test func wideShapesTakeFewRowsAtATime() throws {
        func plan(_ extents: [Int], _ units: Int) throws -> Plan {
            var architecture = try Architecture(inputs: Shape(extents).count)
            try architecture.reshape(Shape(extents))
            try architecture.dense(units)
            return try Network(architecture, seed: 1).plan
        }
        let small = try plan([2, 3], 4)
        #expect(small.multiplications == 2 * 16 && small.rowsAtATime(1024) == 1024)
        let wide = try plan([128, 128, 1], 2)
        #expect(wide.multiplications == 128 * 128 * 4 && wide.rowsAtATime(1024) == 128)
        #expect(try plan([512, 512, 1], 5).groupedRowsAtATime(1024) == 16)
        #expect(try plan([5000], 5000).rowsAtATime(1024) == 1024)
        // Pieces have the results of all rows.
        var noise = Noise(9)
        let network = try Network(wide.architecture, seed: 2)
        let x = noise.floats(150 * 128 * 128)
        let y = try network.predict(x)
        #expect(try bits(network.predict(Array(x[(149 * 128 * 128)...]))) == bits(Array(y[(149 * 128 * 128 * 2)...])))
    }

    /// A custom activation at several positions: its error says which row and column.
    @Test func anErrorAtAPositionNamesTheColumn() throws {
        var architecture = try Architecture(inputs: 6)
        try architecture.reshape(Shape([3, 2]))
        try architecture.activation(
            Activation(
                custom: CustomActivation(
                    value: { z, h, rows, columns in
                        for index in 0..<rows * columns { h[index] = z[index] == 11 ? .nan : z[index] }
                    },
                    derivative: { _, _, slope, rows, columns in
                        for index in 0..<rows * columns { slope[index] = 1 }
                    })))
        let network = try Network(architecture, seed: 1)
        expectError(.callback, "row 1, column 5", "11") {
            _ = try network.predict((0..<12).map { Float($0) })
        }
    }
}
