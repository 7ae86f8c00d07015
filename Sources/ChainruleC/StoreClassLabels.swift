// GROUP 6: Files

import CChainrule
import Chainrule

/// Names the classes that a network's outputs stand for: one name for each output, or two for a network with a single output, which
/// is the second class's. Model files and copies keep them; nothing computes with them. crl_network_load_onnx() sets those of a
/// classifier. Needs exclusive access to the network.
/// - Parameters:
///   - network: built.
///   - labels: the names, in UTF-8, each of at most 255 bytes. Copied. NULL, with a count of 0: none.
///   - labels_count: how many there are: as many as outputs, 2 for a single output, or 0.
/// - Returns: a status; CRL_ERROR_VALUE if a name is too long or no UTF-8. After an error the names are unchanged.
@_cdecl("crl_network_set_class_labels")
public func crlNetworkSetClassLabels(
    _ network: UnsafeMutablePointer<crl_network>?, _ labels: UnsafePointer<UnsafePointer<CChar>?>?, _ labels_count: UInt
) -> crl_status {
    call("crl_network_set_class_labels") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        try handle.setClassLabels(classLabels(labels, count: labels_count, outputs: handle.built().outputs))
    }
}

/// Gets how many class labels a network has: 0 if it has none.
/// - Parameters:
///   - network: built or not.
///   - count: receives the number.
/// - Returns: a status.
@_cdecl("crl_network_class_label_count")
public func crlNetworkClassLabelCount(
    _ network: UnsafePointer<crl_network>?, _ count: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_class_label_count") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        guard let count else { throw nullArgument("count") }
        count.pointee = UInt(handle.classLabels.count)
    }
}

/// Gets the name of a class.
/// - Parameters:
///   - network: built or not.
///   - index: the class's, from 0.
///   - label: receives the name in UTF-8, valid as long as the network and until other labels are set.
/// - Returns: a status; CRL_ERROR_SIZE if the network has no such label.
@_cdecl("crl_network_class_label")
public func crlNetworkClassLabel(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ label: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> crl_status {
    call("crl_network_class_label") { () throws(ChainruleError) in
        let labels = try object(network, "network", as: NetworkHandle.self).classLabels
        guard let label else { throw nullArgument("label") }
        guard index < UInt(labels.count) else {
            throw ChainruleError(.size, "index is \(index); the network has \(labels.count) class labels")
        }
        label.pointee = UnsafePointer(labels[Int(index)])
    }
}

/// Gets how many class labels a predictor has: those that its network had when it was prepared, also after crl_predictor_open(); 0 if it
/// had none.
/// - Parameters:
///   - predictor: only read.
///   - count: receives the number.
/// - Returns: a status.
@_cdecl("crl_predictor_class_label_count")
public func crlPredictorClassLabelCount(
    _ predictor: UnsafePointer<crl_predictor>?, _ count: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_predictor_class_label_count") { () throws(ChainruleError) in
        let predictor = try object(predictor, "predictor", as: Predictor.self)
        guard let count else { throw nullArgument("count") }
        count.pointee = UInt(predictor.labelTexts.count)
    }
}

/// Gets the name of a class.
/// - Parameters:
///   - predictor: only read.
///   - index: the class's, from 0.
///   - label: receives the name in UTF-8, valid as long as the predictor.
/// - Returns: a status; CRL_ERROR_SIZE if the predictor has no such label.
@_cdecl("crl_predictor_class_label")
public func crlPredictorClassLabel(
    _ predictor: UnsafePointer<crl_predictor>?, _ index: UInt, _ label: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> crl_status {
    call("crl_predictor_class_label") { () throws(ChainruleError) in
        let labels = try object(predictor, "predictor", as: Predictor.self).labelTexts
        guard let label else { throw nullArgument("label") }
        guard index < UInt(labels.count) else {
            throw ChainruleError(.size, "index is \(index); the predictor has \(labels.count) class labels")
        }
        label.pointee = UnsafeRawPointer(labels[Int(index)]).assumingMemoryBound(to: CChar.self)
    }
}
