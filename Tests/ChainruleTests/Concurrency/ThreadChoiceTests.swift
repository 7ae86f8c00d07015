import Testing

@testable import Chainrule

@Suite struct ThreadChoiceTests {
    /// How many of so many steps are shared, when shared steps take this long and others 1.
    private func sharedSteps(_ choice: inout ThreadChoice, of steps: Int, sharedTime: Double) -> Int {
        var shared = 0
        for _ in 0..<steps {
            let isShared = choice.isShared
            if isShared { shared += 1 }
            choice.took(isShared ? sharedTime : 1)
        }
        return shared
    }

    /// The first trials, and one in 800 steps: 4 steps of twice the time each cost 0.5 %.
    @Test func theFasterKindIsTaken() {
        var faster = ThreadChoice()
        #expect(sharedSteps(&faster, of: 800, sharedTime: 0.5) == 800 - 4)
        #expect(sharedSteps(&faster, of: 8000, sharedTime: 0.5) >= 8000 - 40)
        var slower = ThreadChoice()
        #expect(sharedSteps(&slower, of: 800, sharedTime: 2) == 4)
        #expect(sharedSteps(&slower, of: 8000, sharedTime: 2) <= 40)
    }

    /// Trials take few steps even where the kinds are equally fast.
    @Test func trialsAreRare() {
        var choice = ThreadChoice()
        let shared = sharedSteps(&choice, of: 10000, sharedTime: 1)
        #expect(shared >= 10000 - 10000 * 4 / 256 - 4)
    }

    /// Interrupted steps, and those that found the threads asleep, decide nothing.
    @Test(arguments: [1, 2, 3, 4, 5, 6, 7])
    func anAccidentDecidesNothing(steps: Int) {
        var choice = ThreadChoice()
        _ = sharedSteps(&choice, of: 100 + steps, sharedTime: 0.2)
        let isShared = choice.isShared
        #expect(isShared)
        choice.took(10)
        #expect(sharedSteps(&choice, of: 500, sharedTime: 0.2) == 500)
    }

    /// A step that finds the threads asleep is a trial's first.
    @Test func wakingTheThreadsDoesNotCount() {
        var choice = ThreadChoice()
        var wasShared = false
        var shared = 0
        for _ in 0..<2000 {
            let isShared = choice.isShared
            choice.took(isShared ? (wasShared ? 0.9 : 5) : 1)
            if isShared { shared += 1 }
            wasShared = isShared
        }
        #expect(shared >= 2000 - 2000 * 4 / 256 - 4)
    }

    /// Processors get busy, and free again: the choice follows.
    @Test func theChoiceChanges() {
        var choice = ThreadChoice()
        _ = sharedSteps(&choice, of: 500, sharedTime: 0.5)
        // At most two series until the trial.
        #expect(sharedSteps(&choice, of: 500, sharedTime: 3) <= 14)
        _ = sharedSteps(&choice, of: 2000, sharedTime: 0.5)
        #expect(sharedSteps(&choice, of: 500, sharedTime: 0.5) >= 496)
    }

    /// Steps too short for the clock.
    @Test func noTimeIsATime() {
        var choice = ThreadChoice()
        for _ in 0..<1000 {
            choice.took(0)
        }
        #expect(choice.isShared)
    }
}
