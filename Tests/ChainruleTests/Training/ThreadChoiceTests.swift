import Testing

@testable import Chainrule

@Suite struct ThreadChoiceTests {
    /// How many of so many steps are shared, when shared steps take this long and others 1.
    private func sharedSteps(_ choice: inout ThreadChoice, of steps: Int, sharedTime: Double) -> Int {
        var shared = 0
        for _ in 0..<steps {
            let isShared = choice.next()
            if isShared { shared += 1 }
            choice.took(isShared ? sharedTime : 1, shared: isShared)
        }
        return shared
    }

    @Test func theFasterKindIsTaken() {
        var faster = ThreadChoice()
        #expect(sharedSteps(&faster, of: 1280, sharedTime: 0.5) == 1280 - 1 - 10)
        var slower = ThreadChoice()
        #expect(sharedSteps(&slower, of: 1280, sharedTime: 2) == 1 + 10)
    }

    /// Processors get busy, and free again: the choice follows, by the trials.
    @Test func theChoiceChanges() {
        var choice = ThreadChoice()
        _ = sharedSteps(&choice, of: 500, sharedTime: 0.5)
        #expect(sharedSteps(&choice, of: 500, sharedTime: 3) < 20)
        _ = sharedSteps(&choice, of: 2000, sharedTime: 0.5)
        #expect(sharedSteps(&choice, of: 500, sharedTime: 0.5) > 480)
    }
}
