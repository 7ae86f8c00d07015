import CChainrule
import ChainruleC
import Foundation
import Testing

/// Several threads at once. Run with `--sanitize=thread` to find races.
@Suite struct ThreadTests {
    /// Runs the body on `count` threads at once, and waits for all.
    static func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let group = DispatchGroup()
        let start = DispatchSemaphore(value: 0)
        for index in 0..<count {
            group.enter()
            Thread.detachNewThread {
                start.wait()
                body(index)
                group.leave()
            }
        }
        for _ in 0..<count { start.signal() }
        group.wait()
    }

    /// A pointer that threads share, as C programs do.
    struct Shared<Pointee>: @unchecked Sendable {
        let pointer: UnsafeMutablePointer<Pointee>
    }

    @Test func eightThreadsPredictTheSameBits() {
        let f = Fixture()
        let rows = 300
        let x = Memory<Float>((0..<2 * rows).map { Float($0 % 37) / 16 - 1 })
        let expected = Memory<Float>(0, count: 2 * rows)
        ok(crlNetworkPredict(f.network, x.pointer, UInt(rows), 2, expected.pointer, UInt(rows), 2))
        let results = Memory<Float>(0, count: 8 * 2 * rows)
        let (network, input, output) = (
            Shared(pointer: f.network), Shared(pointer: x.pointer), Shared(pointer: results.pointer)
        )
        ThreadTests.onThreads(8) { thread in
            let y = output.pointer + thread * 2 * rows
            for length in [rows, 1, 64, 65, rows] {
                ok(crlNetworkPredict(network.pointer, input.pointer, UInt(length), 2, y, UInt(length), 2))
            }
        }
        for thread in 0..<8 {
            #expect(Array(results.elements[thread * 2 * rows..<(thread + 1) * 2 * rows]) == expected.elements)
        }
    }

    @Test func eightThreadsComputeTheSameGradient() {
        let f = Fixture()
        var C = 0.0
        ok(crlNetworkValueAndGradient(f.network, nil, f.x.pointer, 4, 2, f.targets(), &C, f.gradients.pointer, 17))
        let results = Memory<Float>(0, count: 8 * 17)
        let (network, input, output) = (
            Shared(pointer: f.network), Shared(pointer: f.x.pointer), Shared(pointer: results.pointer)
        )
        let targets = Shared(pointer: UnsafeMutablePointer(mutating: f.targets()))
        ThreadTests.onThreads(8) { thread in
            for _ in 0..<20 {
                var C = 0.0
                ok(
                    crlNetworkValueAndGradient(
                        network.pointer, nil, input.pointer, 4, 2, targets.pointer, &C, output.pointer + 17 * thread, 17
                    ))
            }
        }
        for thread in 0..<8 {
            #expect(Array(results.elements[17 * thread..<17 * (thread + 1)]) == f.gradients.elements)
        }
    }

    @Test func workspacesOfOneNetworkServeOneThreadEach() {
        let f = Fixture()
        let expected = f.prediction
        let (network, input) = (Shared(pointer: f.network), Shared(pointer: f.x.pointer))
        ThreadTests.onThreads(4) { _ in
            let workspace = Fixture.makeWorkspace(network.pointer, rows: 4, CRL_PURPOSE_TRAINING)
            let y = Memory<Float>(0, count: 8)
            for _ in 0..<20 { ok(crlForward(network.pointer, workspace, input.pointer, 4, 2, y.pointer, 4, 2)) }
            #expect(y.elements == expected)
            crlWorkspaceDestroy(workspace)
        }
    }

    @Test func differentNetworksTrainAtOnce() {
        let f = Fixture()
        ok(crlNetworkFit(f.network, f.x.pointer, 4, 2, f.targets(), nil, nil))
        let expected = parameters(of: f.network).bytes
        ThreadTests.onThreads(4) { _ in
            let f = Fixture()
            ok(crlNetworkFit(f.network, f.x.pointer, 4, 2, f.targets(), nil, nil))
            #expect(parameters(of: f.network).bytes == expected)
        }
    }

    /// Each prediction is wholly of one publication: of the network before an epoch, or after it.
    @Test func fourThreadsPredictWhileATrainerPublishes() {
        let f = Fixture()
        let publisher = PublisherCallTests.makePublisher(f.network)
        struct Publishing {
            let publisher: UnsafeMutablePointer<crl_publisher>
            let network: UnsafeMutablePointer<crl_network>
            let x: UnsafeMutablePointer<Float>
            /// The predictions of all publications, one after the other.
            let published: UnsafeMutablePointer<Float>
        }
        let epochs = 50
        let published = Memory<Float>(0, count: 8 * (epochs + 1))
        ok(crlNetworkPredict(f.network, f.x.pointer, 4, 2, published.pointer, 4, 2))
        let publishing = f.keep(
            Publishing(
                publisher: publisher, network: f.network, x: f.x.pointer, published: published.pointer))
        let trainer = TrainerCallTests.makeTrainer(f) {
            $0.epochs = epochs
            $0.user = UnsafeMutableRawPointer(publishing)
            $0.on_epoch = { user, epoch in
                let publishing = user!.assumingMemoryBound(to: Publishing.self).pointee
                let y = publishing.published + 8 * epoch!.pointee.epoch
                ok(crlNetworkPredict(publishing.network, publishing.x, 4, 2, y, 4, 2))
                ok(crlPublisherPublish(publishing.publisher, publishing.network))
                return 0
            }
        }
        let rounds = 200
        let results = Memory<Float>(0, count: 8 * 4 * rounds)
        let targets = Shared(pointer: UnsafeMutablePointer(mutating: f.targets()))
        let (training, serving) = (Shared(pointer: trainer), Shared(pointer: publisher))
        let (input, output) = (Shared(pointer: f.x.pointer), Shared(pointer: results.pointer))
        ThreadTests.onThreads(5) { thread in
            if thread == 4 {
                ok(crlTrainerFit(training.pointer, input.pointer, 4, 2, targets.pointer, nil))
                return
            }
            for round in 0..<rounds {
                let y = output.pointer + 8 * (rounds * thread + round)
                ok(crlPublisherPredict(serving.pointer, input.pointer, 4, 2, y, 4, 2))
            }
        }
        let known = Set((0...epochs).map { Array(published.elements[8 * $0..<8 * $0 + 8]) })
        #expect(known.count == epochs + 1)
        for first in stride(from: 0, to: results.count, by: 8) {
            #expect(known.contains(Array(results.elements[first..<first + 8])))
        }
        ok(crlPublisherPredict(publisher, f.x.pointer, 4, 2, f.y.pointer, 4, 2))
        #expect(f.y.elements == f.prediction)
        crlTrainerDestroy(trainer)
        crlPublisherDestroy(publisher)
    }

    @Test func differentTrainersTrainAtOnce() {
        let f = Fixture()
        let trainer = TrainerCallTests.makeTrainer(f)
        ok(crlTrainerFit(trainer, f.x.pointer, 4, 2, f.targets(), nil))
        crlTrainerDestroy(trainer)
        let expected = parameters(of: f.network).bytes
        ThreadTests.onThreads(4) { _ in
            let f = Fixture()
            let trainer = TrainerCallTests.makeTrainer(f)
            ok(crlTrainerFit(trainer, f.x.pointer, 4, 2, f.targets(), nil))
            #expect(parameters(of: f.network).bytes == expected)
            crlTrainerDestroy(trainer)
        }
    }

    /// Two threads fail in turn; each finds its own message, and a third, without a failure, none.
    @Test func messagesAreEachThreadsOwn() {
        let turns = (0..<3).map { _ in DispatchSemaphore(value: 0) }
        ThreadTests.onThreads(3) { thread in
            if thread == 2 {
                turns[2].wait()
                #expect(errorMessage == "")
            } else if thread == 0 {
                #expect(crlNetworkBuild(nil, 1) == crl_status(CRL_ERROR_NULL))
                turns[1].signal()
                turns[0].wait()
                #expect(errorMessage == "crl_network_build: network is NULL")
                turns[2].signal()
            } else {
                turns[1].wait()
                #expect(crlNetworkSave(nil, "never") == crl_status(CRL_ERROR_NULL))
                #expect(errorMessage == "crl_network_save: network is NULL")
                turns[0].signal()
            }
        }
    }
}
