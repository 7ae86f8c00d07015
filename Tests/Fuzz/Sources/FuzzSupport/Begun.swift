import CChainrule
import ChainruleC

/// A structure with its initial value.
/// - Parameter initialize: its function, such as crlTrainOptionsInit.
public func begun<Structure>(
    _ initialize: (UnsafeMutablePointer<Structure>?, UInt) -> crl_status, _ zeros: Structure
) -> Structure {
    var structure = zeros
    precondition(initialize(&structure, UInt(MemoryLayout<Structure>.size)) == CRL_OK)
    return structure
}
