import CChainrule
import ChainruleC
import FuzzSupport

// Calls for derivatives beyond the gradient.

extension Session {
    mutating func jacobianVectorProduct() {
        let network = network()
        guard isNarrow(network) else { return }
        let count = parameterCount(of: network)
        let (x, rows, stride) = (input(), extent(), extent())
        let xTangent = reader.chance(of: 2) ? UnsafePointer(memory.other) : nil
        let wTangent = reader.chance(of: 2) ? UnsafePointer(memory.weights) : nil
        let tangent = output(memory.tangent)
        let status = crlNetworkJVP(
            network, x, rows, stride, xTangent, extent(), wTangent, count, output(memory.output), extent(), extent(),
            tangent, extent(), Memory.widest)
        check(status)
        guard status == CRL_OK else { return }
        let outputs = outputs(of: network)
        for row in 0..<Int(rows) {
            for column in 0..<outputs { precondition(tangent![row * Int(Memory.widest) + column].isFinite) }
        }
    }

    mutating func vectorJacobianProduct() {
        let network = network()
        guard isNarrow(network) else { return }
        let count = parameterCount(of: network)
        let (x, rows, stride) = (input(), extent(), extent())
        let gradients = output(memory.output)
        let u = reader.chance(of: 16) ? nil : UnsafePointer(memory.other)
        let status = crlNetworkVJP(
            network, x, rows, stride, u, extent(), gradients, count, output(memory.tangent), extent(), extent())
        check(status)
        precondition(status != CRL_OK || gradients == nil || areFinite(gradients!, Int(count)))
    }

    /// Into buffers of as many floats as a row of parameters may have, for as many rows.
    mutating func matrix() {
        let network = network()
        guard isNarrow(network) else { return }
        let count = parameters(of: network)?.count ?? 0
        guard count <= 128 else { return }
        let matrix = [Float](repeating: 0, count: 1024 * 128)
        let rows = UInt(reader.chance(of: 4) ? Int(reader.byte()) : 1024)
        let stride = reader.chance(of: 4) ? extent() : 128
        guard reader.chance(of: 2) else { return jacobian(of: network, into: matrix, rows, stride) }
        withCostAndTargets { session, cost, targets in
            var hessian = matrix
            let (x, xRows, xStride) = (session.input(), session.extent(), session.extent())
            let status = crlNetworkHessian(network, cost, x, xRows, xStride, targets, &hessian, rows, stride)
            session.check(status)
            guard status == CRL_OK else { return }
            for row in 0..<count {
                for column in 0..<row {
                    let element = hessian[row * Int(stride) + column]
                    precondition(element.isFinite && element == hessian[column * Int(stride) + row])
                }
            }
        }
    }

    private mutating func jacobian(
        of network: UnsafePointer<crl_network>?, into matrix: [Float], _ rows: UInt, _ stride: UInt
    ) {
        var jacobian = matrix
        let (x, xRows, xStride) = (input(), extent(), extent())
        let status = crlNetworkJacobian(network, x, xRows, xStride, reader.enumerator() % 3, &jacobian, rows, stride)
        check(status)
        precondition(status != CRL_OK || jacobian.allSatisfy { $0.isFinite })
    }

    mutating func checkGradient() {
        let network = network()
        guard isNarrow(network) else { return }
        withCostAndTargets { session, cost, targets in
            var options = begun(crlGradientCheckOptionsInit, crl_gradient_check_options())
            options.max_coordinates = Int(session.reader.byte() % 32)
            options.seed = UInt64(session.reader.byte())
            if session.reader.chance(of: 4) { options.step = session.reader.float() }
            if session.reader.chance(of: 4) { options.tolerance = session.reader.float() }
            if session.reader.chance(of: 32) { options.max_coordinates = Int(bitPattern: session.reader.size()) }
            if session.reader.chance(of: 32) { options.size = Int(bitPattern: session.reader.size()) }
            var report = begun(crlGradientReportInit, crl_gradient_report())
            if session.reader.chance(of: 32) { report.size = 0 }
            let before = session.parameters(of: network).map { $0.map(\.bitPattern) }
            let (x, rows, stride) = (session.input(), session.extent(), session.extent())
            let status = crlNetworkCheckGradient(network, cost, x, rows, stride, targets, &options, &report)
            session.check(status)
            // Only a copy's parameters are moved.
            precondition(session.parameters(of: network).map { $0.map(\.bitPattern) } == before)
            guard status == CRL_OK else { return }
            precondition(report.failed <= report.checked && (report.checked == 0) == (report.name == nil))
        }
    }

    private func outputs(of network: UnsafePointer<crl_network>?) -> Int {
        var outputs: UInt = 0
        precondition(crlNetworkOutputSize(network, &outputs) == CRL_OK)
        return Int(outputs)
    }

    private func areFinite(_ floats: UnsafeMutablePointer<Float>, _ count: Int) -> Bool {
        UnsafeBufferPointer(start: floats, count: count).allSatisfy { $0.isFinite }
    }
}
