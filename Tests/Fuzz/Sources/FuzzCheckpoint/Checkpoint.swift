import CChainrule
import ChainruleC
import FuzzSupport
import Glibc

/// Checkpoints of a trainer of the small network.
enum Checkpoint {
    private static let x: [Float] = [0, 0.5, 1, -1, 0.25, 2, -0.75, 1.5]
    private static let t: [Float] = [0, 1, 1, 0]

    /// With AMSGrad, which has the most state.
    private static func makeTrainer(
        _ network: UnsafeMutablePointer<crl_network>?, stopAfter batches: Int
    ) -> UnsafeMutablePointer<crl_trainer>? {
        var optimizer: UnsafeMutablePointer<crl_optimizer>?
        var trainer: UnsafeMutablePointer<crl_trainer>?
        var method = begun(crlOptimizerOptionsInit, crl_optimizer_options())
        method.method = crl_optimizer_method(CRL_AMSGRAD)
        method.learning_rate = 0.01
        precondition(crlOptimizerCreate(network, &method, &optimizer) == CRL_OK)
        var options = begun(crlTrainOptionsInit, crl_train_options())
        options.optimizer = optimizer
        options.epochs = 3
        options.batch_size = 2
        options.shuffle = 1
        options.threads = 1
        options.on_batch = { user, batch in batch!.pointee.step == UInt(bitPattern: user) ? 1 : 0 }
        options.user = UnsafeMutableRawPointer(bitPattern: batches)
        precondition(crlTrainerCreate(network, &options, &trainer) == CRL_OK)
        crlOptimizerDestroy(optimizer)
        return trainer
    }

    /// Trains on four rows.
    private static func fit(_ trainer: UnsafeMutablePointer<crl_trainer>?) -> crl_status {
        t.withUnsafeBufferPointer { t in
            var targets = begun(crlTargetsInit, crl_targets())
            targets.values = t.baseAddress
            targets.rows = 4
            targets.columns = 1
            targets.stride = 1
            return crlTrainerFit(trainer, x, 4, 2, &targets, nil)
        }
    }

    private static func progress(of trainer: UnsafeMutablePointer<crl_trainer>?) -> crl_progress {
        var progress = begun(crlProgressInit, crl_progress())
        precondition(crlTrainerProgress(trainer, &progress) == CRL_OK)
        return progress
    }

    /// Loads any file, and continues training from it.
    static func read(_ path: String) {
        let network = smallNetwork()
        let trainer = makeTrainer(network, stopAfter: 0)
        let before = parameters(of: network)
        if crlTrainerLoad(trainer, path) == CRL_OK {
            let wasFinite = areFinite(parameters(of: network))
            let status = fit(trainer)
            // The best parameters are put back, whatever the file says that they are, where going on is impossible.
            precondition(status != CRL_OK || !wasFinite || areFinite(parameters(of: network)))
        } else {
            let progress = progress(of: trainer)
            precondition(parameters(of: network) == before && progress.epochs == 0 && progress.rows == 0)
            precondition(progress.steps == 0 && progress.best_cost == .infinity)
        }
        crlTrainerDestroy(trainer)
        crlNetworkDestroy(network)
    }

    private static func areFinite(_ bits: [UInt32]) -> Bool { bits.allSatisfy { Float(bitPattern: $0).isFinite } }

    /// A checkpoint of the middle of the second epoch, with this text where it has its numbers.
    static func file(training: [UInt8]) -> [UInt8] {
        let header = parts.before + quoted(training) + parts.after
        return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + parts.data
    }

    /// What is before and after the numbers in the header, and the data.
    private static let parts: (before: [UInt8], after: [UInt8], data: [UInt8]) = {
        let path = "/tmp/fuzz-checkpoint-\(getpid())"
        let network = smallNetwork()
        let trainer = makeTrainer(network, stopAfter: 3)
        precondition(fit(trainer) == CRL_CANCELLED && crlTrainerSave(trainer, path) == CRL_OK)
        crlTrainerDestroy(trainer)
        crlNetworkDestroy(network)
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        let descriptor = open(path, O_RDONLY)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        precondition(count > 8 && close(descriptor) == 0 && unlink(path) == 0)
        let length = Int(bytes[0]) + Int(bytes[1]) << 8
        let header = Array(bytes[8..<8 + length])
        let name = Array(#""training":""#.utf8)
        let start = header.indices.first { header[$0...].starts(with: name) }! + name.count
        var end = start
        while header[end] != UInt8(ascii: "\"") { end += header[end] == UInt8(ascii: "\\") ? 2 : 1 }
        return (Array(header[..<start]), Array(header[end...]), Array(bytes[8 + length..<count]))
    }()
}
