import CChainrule
import ChainruleC
import Foundation
import Testing

/// Files in memory and through callbacks: whole, or a status and everything as it was.
@Suite struct FileBytesTests {
    /// What a callback writes to or reads from.
    private final class Stream {
        var bytes: [UInt8]
        /// At most so many at once.
        var most = Int.max
        /// The call that fails, and how: a result, or more bytes than were asked for.
        var failing = Int.max
        var result: Int32 = 1
        var excess = 0
        /// Called in each call.
        var during: () -> Void = {}
        private(set) var calls = 0
        private var position = 0

        init(_ bytes: [UInt8] = []) { self.bytes = bytes }

        var left: Int { bytes.count - position }

        func write(_ piece: UnsafeRawBufferPointer) -> Int32 {
            calls += 1
            during()
            bytes += piece
            return calls == failing ? result : 0
        }

        func read(_ buffer: UnsafeMutableRawBufferPointer, _ count: UnsafeMutablePointer<Int>) -> Int32 {
            calls += 1
            during()
            let piece = bytes[position...].prefix(min(most, buffer.count))
            buffer.copyBytes(from: piece)
            position += piece.count
            count.pointee = piece.count
            guard calls == failing else { return 0 }
            count.pointee = excess == 0 ? count.pointee : buffer.count &+ excess
            return excess == 0 ? result : 0
        }

        var pointer: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }
    }

    private static func stream(_ user: UnsafeMutableRawPointer?) -> Stream {
        Unmanaged<Stream>.fromOpaque(user!).takeUnretainedValue()
    }

    private static let write: crl_write_function = { user, bytes, count in
        stream(user).write(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    private static let read: crl_read_function = { user, bytes, capacity, count in
        stream(user).read(UnsafeMutableRawBufferPointer(start: bytes, count: capacity), count!)
    }

    /// A fixture with a trainer of its network.
    private final class Training {
        let f = Fixture()
        let trainer: UnsafeMutablePointer<crl_trainer>

        init(epochs: UInt = 2) {
            var made: UnsafeMutablePointer<crl_trainer>?
            let options = f.train {
                $0.epochs = Int(epochs)
                $0.batch_size = 2
                $0.threads = 1
            }
            precondition(crlTrainerCreate(f.network, options, &made) == CRL_OK)
            trainer = made!
        }

        deinit { crlTrainerDestroy(trainer) }

        func fit() { ok(crlTrainerFit(trainer, f.x.pointer, 4, 2, f.targets(), nil)) }

        var checkpoint: [UInt8] {
            saved("crl_trainer_save_to_memory") { crlTrainerSaveToMemory(self.trainer, $0, $1, $2) }
        }
        var model: [UInt8] {
            saved("crl_network_save_to_memory") { crlNetworkSaveToMemory(self.f.network, $0, $1, $2) }
        }
    }

    private typealias Save = (UnsafeMutableRawPointer?, UInt, UnsafeMutablePointer<UInt>?) -> crl_status

    /// The bytes of what is saved to memory; tried with buffers that are too short, too.
    private static func saved(_ function: String, _ save: Save) -> [UInt8] {
        var count: UInt = 77
        ok(save(nil, 0, &count))
        let buffer = Memory<UInt8>(77, count: Int(count) + 1)
        for short in [0, 1, 8, count / 2, count - 1] {
            var unchanged: UInt = 77
            fails(
                save(buffer.pointer, short, &unchanged), CRL_ERROR_SIZE, function,
                ["has \(short) bytes", "\(count)"])
            #expect(unchanged == 77 && buffer.elements.allSatisfy { $0 == 77 })
        }
        var written: UInt = 0
        ok(save(buffer.pointer, count, &written))
        #expect(written == count && buffer.elements.last == 77)
        let bytes = Array(buffer.elements.dropLast())
        ok(save(buffer.pointer, count + 1, &written))
        #expect(written == count && buffer.elements == bytes + [77])
        return bytes
    }

    // MARK: What is right

    @Test func theBytesAreThoseOfTheFile() throws {
        let folder = try TemporaryFolder()
        let training = Training()
        training.fit()
        let (f, trainer) = (training.f, training.trainer)
        ok(crlNetworkSave(f.network, folder.file("model")))
        ok(crlTrainerSave(trainer, folder.file("checkpoint")))
        let model = Array(try Data(contentsOf: URL(fileURLWithPath: folder.file("model"))))
        let checkpoint = Array(try Data(contentsOf: URL(fileURLWithPath: folder.file("checkpoint"))))
        #expect(training.model == model && training.checkpoint == checkpoint)
        var stream = Stream()
        ok(crlNetworkSaveToCallback(f.network, FileBytesTests.write, stream.pointer))
        #expect(stream.bytes == model)
        stream = Stream()
        ok(crlTrainerSaveToCallback(trainer, FileBytesTests.write, stream.pointer))
        #expect(stream.bytes == checkpoint)

        let trained = parameters(of: f.network).bytes
        for most in [1, 3, 1000, Int.max] {
            let stream = Stream(model + checkpoint + model + [1])
            stream.most = most
            var loaded: UnsafeMutablePointer<crl_network>?
            ok(crlNetworkLoadFromCallback(FileBytesTests.read, stream.pointer, 0, &loaded))
            #expect(parameters(of: loaded!).bytes == trained)
            crlNetworkDestroy(loaded)
            let other = Training()
            ok(crlTrainerLoadFromCallback(other.trainer, FileBytesTests.read, stream.pointer))
            #expect(other.checkpoint == checkpoint && parameters(of: other.f.network).bytes == trained)
            ok(crlNetworkLoadParametersFromCallback(other.f.other, FileBytesTests.read, stream.pointer))
            #expect(parameters(of: other.f.other).bytes == trained && stream.left == 1)
        }
    }

    /// Bytes need not be aligned.
    @Test func bytesAtAnyAddress() {
        let training = Training()
        training.fit()
        let (model, checkpoint) = (training.model, training.checkpoint)
        let trained = parameters(of: training.f.network).bytes
        for offset in 0..<8 {
            let padding = [UInt8](repeating: 0, count: offset)
            let (modelMemory, checkpointMemory) = (Memory(padding + model), Memory(padding + checkpoint))
            var loaded: UnsafeMutablePointer<crl_network>?
            ok(crlNetworkLoadFromMemory(modelMemory.pointer + offset, UInt(model.count), 0, &loaded))
            #expect(parameters(of: loaded!).bytes == trained)
            crlNetworkDestroy(loaded)
            let other = Training()
            ok(crlNetworkLoadParametersFromMemory(other.f.other, modelMemory.pointer + offset, UInt(model.count)))
            #expect(parameters(of: other.f.other).bytes == trained)
            ok(crlTrainerLoadFromMemory(other.trainer, checkpointMemory.pointer + offset, UInt(checkpoint.count)))
            #expect(other.checkpoint == checkpoint)
            let buffer = Memory<UInt8>(0, count: model.count + offset)
            var count: UInt = 0
            ok(crlNetworkSaveToMemory(other.f.other, buffer.pointer + offset, UInt(model.count), &count))
            #expect(Array(buffer.elements[offset...]) == model)
        }
    }

    // MARK: Bytes and callbacks that are wrong

    /// A call that fails leaves no network.
    static func loading(
        _ load: (UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>) -> crl_status
    ) -> crl_status {
        var network: UnsafeMutablePointer<crl_network>? = UnsafeMutablePointer(bitPattern: 4096)
        let status = load(&network)
        #expect(network == nil)
        return status
    }

    /// Tries a stream on everything that loads through a callback; a new one for each.
    private func expectRefused(
        _ code: Int, _ words: String..., training: Training, model: () -> Stream, checkpoint: () -> Stream
    ) {
        let before = (training.f.state, training.checkpoint)
        fails(
            FileBytesTests.loading { crlNetworkLoadFromCallback(FileBytesTests.read, model().pointer, 0, $0) }, code,
            "crl_network_load_from_callback", words)
        fails(
            crlNetworkLoadParametersFromCallback(training.f.network, FileBytesTests.read, model().pointer), code,
            "crl_network_load_parameters_from_callback", words)
        fails(
            crlTrainerLoadFromCallback(training.trainer, FileBytesTests.read, checkpoint().pointer), code,
            "crl_trainer_load_from_callback", words)
        #expect(training.f.state == before.0)
        #expect(training.checkpoint == before.1)
    }

    private final class Streams {
        private var kept: [Stream] = []

        func make(_ bytes: [UInt8], _ change: (Stream) -> Void = { _ in }) -> Stream {
            kept.append(Stream(bytes))
            change(kept.last!)
            return kept.last!
        }
    }

    @Test func everyTruncation() {
        let (training, streams) = (Training(), Streams())
        training.fit()
        let (model, checkpoint) = (training.model, training.checkpoint)
        let fresh = Training()
        let before = (fresh.f.state, fresh.checkpoint)
        for count in [1, 7, 8, 9, checkpoint.count - 1] + stride(from: 0, to: checkpoint.count, by: 23) {
            let short = Array(model.prefix(min(count, model.count - 1)))
            let shortCheckpoint = Array(checkpoint.prefix(count))
            let (memory, checkpointMemory) = (Memory(short), Memory(shortCheckpoint))
            fails(
                FileBytesTests.loading { crlNetworkLoadFromMemory(memory.pointer, UInt(short.count), 0, $0) },
                CRL_ERROR_FORMAT, "crl_network_load_from_memory", [])
            fails(
                crlNetworkLoadParametersFromMemory(fresh.f.network, memory.pointer, UInt(short.count)),
                CRL_ERROR_FORMAT, "crl_network_load_parameters_from_memory", [])
            fails(
                crlTrainerLoadFromMemory(fresh.trainer, checkpointMemory.pointer, UInt(count)), CRL_ERROR_FORMAT,
                "crl_trainer_load_from_memory", [])
            #expect(fresh.f.state == before.0)
            expectRefused(
                CRL_ERROR_FORMAT, "the file is truncated: it ends after", training: fresh,
                model: { streams.make(short) }, checkpoint: { streams.make(shortCheckpoint) })
        }
        #expect(fresh.checkpoint == before.1)
    }

    @Test func whatFollowsInMemory() {
        let training = Training()
        let (model, checkpoint) = (Memory(training.model + [0]), Memory(training.checkpoint + [0]))
        fails(
            FileBytesTests.loading { crlNetworkLoadFromMemory(model.pointer, UInt(model.count), 0, $0) },
            CRL_ERROR_FORMAT,
            "crl_network_load_from_memory", ["68 bytes", "69"])
        fails(
            crlNetworkLoadParametersFromMemory(training.f.network, model.pointer, UInt(model.count)), CRL_ERROR_FORMAT,
            "crl_network_load_parameters_from_memory", ["68 bytes", "69"])
        fails(
            crlTrainerLoadFromMemory(training.trainer, checkpoint.pointer, UInt(checkpoint.count)), CRL_ERROR_FORMAT,
            "crl_trainer_load_from_memory", ["bytes; the file has"])
    }

    @Test func callbacksThatFailAtEveryCall() {
        let (training, streams) = (Training(), Streams())
        let (model, checkpoint) = (training.model, training.checkpoint)
        for failing in 1...4 {
            for result in [1, -1, Int32.max, .min] {
                expectRefused(
                    CRL_ERROR_CALLBACK, "the read callback returned \(result)", training: training,
                    model: { streams.make(model) { ($0.failing, $0.result) = (failing, result) } },
                    checkpoint: { streams.make(checkpoint) { ($0.failing, $0.result) = (failing, result) } })
            }
            for excess in [1, 1000, Int.max, .min] {
                expectRefused(
                    CRL_ERROR_CALLBACK, "were asked for", training: training,
                    model: { streams.make(model) { ($0.failing, $0.excess) = (failing, excess) } },
                    checkpoint: { streams.make(checkpoint) { ($0.failing, $0.excess) = (failing, excess) } })
            }
        }
        let before = (training.f.state, checkpoint)
        for (isTrainer, pieces) in [(false, 2), (true, 5)] {
            func save(_ stream: Stream) -> crl_status {
                isTrainer
                    ? crlTrainerSaveToCallback(training.trainer, FileBytesTests.write, stream.pointer)
                    : crlNetworkSaveToCallback(training.f.network, FileBytesTests.write, stream.pointer)
            }
            let whole = Stream()
            ok(save(whole))
            #expect(whole.calls == pieces)
            for failing in 1...pieces {
                let stream = Stream()
                (stream.failing, stream.result) = (failing, -7)
                fails(
                    save(stream), CRL_ERROR_CALLBACK,
                    isTrainer ? "crl_trainer_save_to_callback" : "crl_network_save_to_callback",
                    ["the write callback returned -7"])
                #expect(stream.calls == failing && whole.bytes.starts(with: stream.bytes))
            }
        }
        #expect(training.f.state == before.0)
        #expect(training.checkpoint == before.1)
    }

    /// Callbacks may read what is saved and loaded, and may not change it.
    @Test func whatCallbacksMayCall() {
        let training = Training(epochs: 5)
        let (f, trainer, model, checkpoint) = (training.f, training.trainer, training.model, training.checkpoint)
        let memory = Memory(model)
        func reads() {
            var progress = crl_progress(
                size: MemoryLayout<crl_progress>.size, epochs: 0, rows: 0, batches: 0, steps: 0, best_epoch: 0,
                best_cost: 0)
            ok(crlTrainerProgress(trainer, &progress))
            _ = f.prediction
            #expect(training.model.count == model.count)
        }
        let calls: [(Stream) -> crl_status] = [
            { crlNetworkSaveToCallback(f.network, FileBytesTests.write, $0.pointer) },
            { crlTrainerSaveToCallback(trainer, FileBytesTests.write, $0.pointer) },
            { crlNetworkLoadParametersFromCallback(f.network, FileBytesTests.read, $0.pointer) },
            { crlTrainerLoadFromCallback(trainer, FileBytesTests.read, $0.pointer) },
        ]
        for (index, call) in calls.enumerated() {
            var stream = Stream([[], [], model, checkpoint][index])
            stream.during = reads
            ok(call(stream))
            var changes: [crl_status] = []
            stream = Stream([[], [], model, checkpoint][index])
            stream.during = {
                changes = [
                    crlNetworkLoadParametersFromMemory(f.network, memory.pointer, UInt(model.count)),
                    crlTrainerFit(trainer, f.x.pointer, 4, 2, f.targets(), nil),
                    crlStep(f.optimizer, f.network, f.slope.pointer, 17),
                ]
            }
            let status = call(stream)
            if index < 2 {
                #expect(status == crl_status(CRL_ERROR_BUSY) && errorMessage.contains("changed while it was saved"))
            } else {
                ok(status)
                #expect(changes == [crl_status](repeating: crl_status(CRL_ERROR_BUSY), count: 3))
            }
        }
    }

    @Test func limits() {
        var network: UnsafeMutablePointer<crl_network>?
        ok(crlNetworkCreate(1, &network))
        ok(crlNetworkAddActivation(network, crl_activation(CRL_TANH), nil))
        ok(crlNetworkBuild(network, 1))
        defer { crlNetworkDestroy(network) }
        let bytes = FileBytesTests.saved("crl_network_save_to_memory") { crlNetworkSaveToMemory(network, $0, $1, $2) }
        let memory = Memory(bytes)
        // 64 MiB are 2²⁴ floats.
        let text = String(decoding: bytes.dropFirst(8), as: UTF8.self)
        let header = Array(text.replacing("inputs\\\":1,", with: "inputs\\\":16777216,").utf8)
        let wide = Memory(ModelBytes.length(header.count) + header)
        for (memory, count, limit, isEnough) in [
            (memory, bytes.count, UInt(1), false), (memory, bytes.count, 1000, true), (memory, bytes.count, .max, true),
            (wide, wide.count, 0, false), (wide, wide.count, 1 << 40, true), (wide, wide.count, .max, true),
        ] {
            var loaded: UnsafeMutablePointer<crl_network>?
            for stream in [nil, Stream(memory.elements)] {
                let status =
                    stream.map { crlNetworkLoadFromCallback(FileBytesTests.read, $0.pointer, limit, &loaded) }
                    ?? crlNetworkLoadFromMemory(memory.pointer, UInt(count), limit, &loaded)
                if isEnough {
                    ok(status)
                } else {
                    #expect(status == crl_status(CRL_ERROR_MEMORY) && errorMessage.contains("limit of"))
                    #expect(loaded == nil)
                }
                crlNetworkDestroy(loaded)
            }
        }
    }

    @Test func cancelled() {
        var cancel: UnsafeMutablePointer<crl_cancel>?
        ok(crlCancelCreate(nil, nil, &cancel))
        defer { crlCancelDestroy(cancel) }
        let training = Training()
        let (model, checkpoint) = (training.model, training.checkpoint)
        ok(crlCancelWatch(cancel, nil))
        defer { ok(crlCancelWatch(nil, nil)) }
        let calls: [(Stream) -> crl_status] = [
            { crlNetworkSaveToCallback(training.f.network, FileBytesTests.write, $0.pointer) },
            { crlTrainerSaveToCallback(training.trainer, FileBytesTests.write, $0.pointer) },
            { crlNetworkLoadParametersFromCallback(training.f.network, FileBytesTests.read, $0.pointer) },
            { crlTrainerLoadFromCallback(training.trainer, FileBytesTests.read, $0.pointer) },
            { stream in
                FileBytesTests.loading { crlNetworkLoadFromCallback(FileBytesTests.read, stream.pointer, 0, $0) }
            },
        ]
        for (index, call) in calls.enumerated() {
            let stream = Stream([[], [], model, checkpoint, model][index])
            stream.during = { crlCancelSet(cancel) }
            #expect(call(stream) == crl_status(CRL_CANCELLED))
            #expect(stream.calls == 1)
            ok(crlCancelReset(cancel))
        }
        ok(crlCancelWatch(nil, nil))
        #expect(training.checkpoint == checkpoint)
    }
}
