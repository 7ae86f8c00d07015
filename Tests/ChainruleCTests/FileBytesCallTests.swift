import CChainrule
import ChainruleC
import Testing

/// Wrong arguments of the functions for files in memory and through callbacks.
@Suite struct FileBytesCallTests {
    private static let write: crl_write_function = { _, _, _ in 0 }
    private static let read: crl_read_function = { _, _, _, _ in 0 }

    private static func bad(
        _ function: String, _ code: Int, _ words: String..., line: Int = #line,
        call: @escaping @Sendable (Fixture, UnsafeMutablePointer<crl_trainer>) -> crl_status
    ) -> BadCall {
        BadCall(function, code, words.first!, line: line) { f in
            var trainer: UnsafeMutablePointer<crl_trainer>?
            precondition(crlTrainerCreate(f.network, nil, &trainer) == CRL_OK)
            defer { crlTrainerDestroy(trainer) }
            return call(f, trainer!)
        }
    }

    private static var far: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 4096)! }
    private static let past = UInt(Int.max) + 1

    static let badCalls = [
        bad("crl_network_save_to_memory", CRL_ERROR_NULL, "network is NULL") { f, _ in
            crlNetworkSaveToMemory(nil, far, 1000, f.sizes.pointer)
        },
        bad("crl_network_save_to_memory", CRL_ERROR_NULL, "count is NULL") { f, _ in
            crlNetworkSaveToMemory(f.network, nil, 0, nil)
        },
        bad("crl_network_save_to_memory", CRL_ERROR_NULL, "bytes is NULL") { f, _ in
            crlNetworkSaveToMemory(f.network, nil, 1, f.sizes.pointer)
        },
        bad("crl_network_save_to_memory", CRL_ERROR_SIZE, "capacity is \(past)") { f, _ in
            crlNetworkSaveToMemory(f.network, far, past, f.sizes.pointer)
        },
        bad("crl_network_save_to_memory", CRL_ERROR_HANDLE, "network") { f, _ in
            crlNetworkSaveToMemory(cast(f.workspace), nil, 0, f.sizes.pointer)
        },
        bad("crl_network_save_to_memory", CRL_ERROR_NOT_BUILT, "not built") { f, _ in
            crlNetworkSaveToMemory(f.unbuilt, nil, 0, f.sizes.pointer)
        },
        bad("crl_network_save_to_memory", CRL_ERROR_OVERLAP, "bytes overlaps the network's parameters") { f, _ in
            crlNetworkSaveToMemory(f.network, address(of: f.network) - 4000, 4001, f.sizes.pointer)
        },
        bad("crl_trainer_save_to_memory", CRL_ERROR_NULL, "trainer is NULL") { f, _ in
            crlTrainerSaveToMemory(nil, far, 1000, f.sizes.pointer)
        },
        bad("crl_trainer_save_to_memory", CRL_ERROR_NULL, "count is NULL") { _, t in
            crlTrainerSaveToMemory(t, nil, 0, nil)
        },
        bad("crl_trainer_save_to_memory", CRL_ERROR_NULL, "bytes is NULL") { f, t in
            crlTrainerSaveToMemory(t, nil, 1, f.sizes.pointer)
        },
        bad("crl_trainer_save_to_memory", CRL_ERROR_SIZE, "capacity is \(past)") { f, t in
            crlTrainerSaveToMemory(t, far, past, f.sizes.pointer)
        },
        bad("crl_trainer_save_to_memory", CRL_ERROR_HANDLE, "trainer") { f, _ in
            crlTrainerSaveToMemory(cast(f.network), nil, 0, f.sizes.pointer)
        },
        bad("crl_trainer_save_to_memory", CRL_ERROR_OVERLAP, "bytes overlaps the network's parameters") { f, t in
            crlTrainerSaveToMemory(t, address(of: f.network) + 67, 4001, f.sizes.pointer)
        },
        bad("crl_network_save_to_callback", CRL_ERROR_NULL, "network is NULL") { _, _ in
            crlNetworkSaveToCallback(nil, write, nil)
        },
        bad("crl_network_save_to_callback", CRL_ERROR_NULL, "write is NULL") { f, _ in
            crlNetworkSaveToCallback(f.network, nil, nil)
        },
        bad("crl_network_save_to_callback", CRL_ERROR_NOT_BUILT, "not built") { f, _ in
            crlNetworkSaveToCallback(f.unbuilt, write, nil)
        },
        bad("crl_network_save_to_callback", CRL_ERROR_HANDLE, "network") { f, _ in
            crlNetworkSaveToCallback(cast(f.optimizer), write, nil)
        },
        bad("crl_trainer_save_to_callback", CRL_ERROR_NULL, "trainer is NULL") { _, _ in
            crlTrainerSaveToCallback(nil, write, nil)
        },
        bad("crl_trainer_save_to_callback", CRL_ERROR_NULL, "write is NULL") { _, t in
            crlTrainerSaveToCallback(t, nil, nil)
        },
        bad("crl_trainer_save_to_callback", CRL_ERROR_HANDLE, "trainer") { f, _ in
            crlTrainerSaveToCallback(cast(f.network), write, nil)
        },
        bad("crl_network_load_from_memory", CRL_ERROR_NULL, "network is NULL") { _, _ in
            crlNetworkLoadFromMemory(far, 1, 0, nil)
        },
        bad("crl_network_load_from_memory", CRL_ERROR_NULL, "bytes is NULL") { _, _ in
            FileBytesTests.loading { crlNetworkLoadFromMemory(nil, 0, 0, $0) }
        },
        bad("crl_network_load_from_memory", CRL_ERROR_SIZE, "count is \(past)") { _, _ in
            FileBytesTests.loading { crlNetworkLoadFromMemory(far, past, 0, $0) }
        },
        bad("crl_network_load_from_memory", CRL_ERROR_FORMAT, "it has 0 bytes") { _, _ in
            FileBytesTests.loading { crlNetworkLoadFromMemory(far, 0, 0, $0) }
        },
        bad("crl_network_load_from_callback", CRL_ERROR_NULL, "network is NULL") { _, _ in
            crlNetworkLoadFromCallback(read, nil, 0, nil)
        },
        bad("crl_network_load_from_callback", CRL_ERROR_NULL, "read is NULL") { _, _ in
            FileBytesTests.loading { crlNetworkLoadFromCallback(nil, nil, 0, $0) }
        },
        bad("crl_network_load_parameters_from_memory", CRL_ERROR_NULL, "network is NULL") { _, _ in
            crlNetworkLoadParametersFromMemory(nil, far, 1)
        },
        bad("crl_network_load_parameters_from_memory", CRL_ERROR_NULL, "bytes is NULL") { f, _ in
            crlNetworkLoadParametersFromMemory(f.network, nil, 1)
        },
        bad("crl_network_load_parameters_from_memory", CRL_ERROR_SIZE, "count is \(UInt.max)") { f, _ in
            crlNetworkLoadParametersFromMemory(f.network, far, .max)
        },
        bad("crl_network_load_parameters_from_memory", CRL_ERROR_NOT_BUILT, "not built") { f, _ in
            crlNetworkLoadParametersFromMemory(f.unbuilt, far, 1)
        },
        bad("crl_network_load_parameters_from_memory", CRL_ERROR_OVERLAP, "the network's parameters overlaps bytes") {
            f, _ in
            crlNetworkLoadParametersFromMemory(f.network, address(of: f.network) + 67, 1000)
        },
        bad("crl_network_load_parameters_from_callback", CRL_ERROR_NULL, "network is NULL") { _, _ in
            crlNetworkLoadParametersFromCallback(nil, read, nil)
        },
        bad("crl_network_load_parameters_from_callback", CRL_ERROR_NULL, "read is NULL") { f, _ in
            crlNetworkLoadParametersFromCallback(f.network, nil, nil)
        },
        bad("crl_network_load_parameters_from_callback", CRL_ERROR_HANDLE, "network") { f, _ in
            crlNetworkLoadParametersFromCallback(cast(f.workspace), read, nil)
        },
        bad("crl_trainer_load_from_memory", CRL_ERROR_NULL, "trainer is NULL") { _, _ in
            crlTrainerLoadFromMemory(nil, far, 1)
        },
        bad("crl_trainer_load_from_memory", CRL_ERROR_NULL, "bytes is NULL") { _, t in
            crlTrainerLoadFromMemory(t, nil, 1)
        },
        bad("crl_trainer_load_from_memory", CRL_ERROR_SIZE, "count is \(past)") { _, t in
            crlTrainerLoadFromMemory(t, far, past)
        },
        bad("crl_trainer_load_from_memory", CRL_ERROR_OVERLAP, "the network's parameters overlaps bytes") { f, t in
            crlTrainerLoadFromMemory(t, address(of: f.network), 1)
        },
        bad("crl_trainer_load_from_callback", CRL_ERROR_NULL, "trainer is NULL") { _, _ in
            crlTrainerLoadFromCallback(nil, read, nil)
        },
        bad("crl_trainer_load_from_callback", CRL_ERROR_NULL, "read is NULL") { _, t in
            crlTrainerLoadFromCallback(t, nil, nil)
        },
        bad("crl_trainer_load_from_callback", CRL_ERROR_HANDLE, "trainer") { f, _ in
            crlTrainerLoadFromCallback(cast(f.network), read, nil)
        },
    ]

    private static func address(of network: UnsafeMutablePointer<crl_network>) -> UnsafeMutableRawPointer {
        var base: UnsafeMutablePointer<Float>?
        var count: UInt = 0
        precondition(crlNetworkParameters(network, &base, &count) == CRL_OK)
        return UnsafeMutableRawPointer(base!)
    }

    @Test(arguments: badCalls) func isRefused(_ call: BadCall) { call.check() }
}
