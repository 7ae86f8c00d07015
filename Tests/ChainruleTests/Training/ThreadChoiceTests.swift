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
        // One alone to begin with, and the trials.
        #expect(sharedSteps(&faster, of: 1280, sharedTime: 0.5) == 1280 - 1 - 10)
        var slower = ThreadChoice()
        // The start, one that is measured, and the trials.
        #expect(sharedSteps(&slower, of: 1280, sharedTime: 2) == 2 + 10)
    }

    /// One step that was interrupted does not decide for long.
    @Test func anAccidentIsForgotten() {
        var choice = ThreadChoice()
        _ = sharedSteps(&choice, of: 500, sharedTime: 0.2)
        let isShared = choice.next()
        #expect(isShared)
        choice.took(10, shared: isShared)
        #expect(sharedSteps(&choice, of: 500, sharedTime: 0.2) > 350)
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
