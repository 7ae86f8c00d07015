/// A cost of your own, for whole batches. It reduces over the rows itself.
public final class CustomCost: Sendable {
    /// Reads y (`rows × columns`), the targets and the sample weights (empty if there are none), all row-major. Writes
    /// ∇C, in the shape of y. Returns C. Any thread that uses the cost may call it.
    public typealias Function =
        @Sendable (
            _ y: Span<Float>, _ targets: Span<Float>, _ weights: Span<Float>, _ rows: Int, _ columns: Int,
            _ gradient: inout MutableSpan<Float>
        ) throws(ChainruleError) -> Double

    /// Reads y, the targets and the sample weights as above, and a vector v in the shape of y. Writes `H v`, in the
    /// shape of y, with H = ∂∇C/∂y: how ∇C changes with y along v.
    public typealias HessianProduct =
        @Sendable (
            _ y: Span<Float>, _ targets: Span<Float>, _ weights: Span<Float>, _ v: Span<Float>, _ rows: Int,
            _ columns: Int, _ product: inout MutableSpan<Float>
        ) throws(ChainruleError) -> Void

    private let function: Function
    let hessianProduct: HessianProduct?

    /// - Parameters:
    ///   - function: computes C and ∇C of a batch.
    ///   - hessianProduct: for Hessian and Gauss-Newton products; without it they are an error.
    public init(_ function: @escaping Function, hessianProduct: HessianProduct? = nil) {
        self.function = function
        self.hessianProduct = hessianProduct
    }

    func evaluate(_ y: Matrix, _ targets: TargetView, gradient: Matrix?) throws(ChainruleError) -> Double {
        // The function gets contiguous arrays, and always a place for the gradient.
        let scratch =
            try gradient?.isContiguous == true ? nil : FloatMemory(count: y.count, for: "the gradient of a custom cost")
        let slope = Matrix(base: scratch?.base ?? gradient!.base, rows: y.rows, columns: y.columns)
        var cost = Double.nan
        try withArguments(y, targets) { outputs, values, weights throws(ChainruleError) in
            try slope.withMutableSpan { slope throws(ChainruleError) in
                cost = try function(outputs, values, weights, y.rows, y.columns, &slope)
            }
        }
        withExtendedLifetime(scratch) {
            if let gradient, scratch != nil { gradient.assign(slope) }
        }
        if let found = y.firstNotFinite() {
            throw ChainruleError(
                .notFinite, "the output at row \(found.row), column \(found.column) is \(found.value)")
        }
        guard cost.isFinite else { throw ChainruleError(.callback, "the custom cost returned \(cost)").ofParameters() }
        if let gradient, let found = gradient.firstNotFinite() {
            throw ChainruleError(
                .callback,
                "the custom cost's gradient is \(found.value) at row \(found.row), column \(found.column)"
            ).ofParameters()
        }
        return cost
    }

    /// - Parameters:
    ///   - v: contiguous, like `product`.
    func multiplyHessian(_ y: Matrix, _ targets: TargetView, by v: Matrix, into product: Matrix) throws(ChainruleError)
    {
        guard let hessianProduct else { throw CustomCost.noHessianProduct }
        try withArguments(y, targets) { outputs, values, weights throws(ChainruleError) in
            try v.withSpan { v throws(ChainruleError) in
                try product.withMutableSpan { product throws(ChainruleError) in
                    try hessianProduct(outputs, values, weights, v, y.rows, y.columns, &product)
                }
            }
        }
        if let found = product.firstNotFinite(), y.firstNotFinite() == nil && v.firstNotFinite() == nil {
            throw ChainruleError(
                .callback,
                "the custom cost's Hessian product is \(found.value) at row \(found.row), column \(found.column)"
            ).ofParameters()
        }
    }

    static var noHessianProduct: ChainruleError {
        ChainruleError(
            .mismatch, "the custom cost has no Hessian product, which Hessian and Gauss-Newton products need")
    }

    /// Calls `body` with contiguous arrays. Copies arrays with a stride.
    private func withArguments(
        _ y: Matrix, _ targets: TargetView,
        _ body: (_ y: Span<Float>, _ targets: Span<Float>, _ weights: Span<Float>) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        let outputs = try y.isContiguous ? nil : FloatMemory(copying: y)
        let values = try targets.values.map { (values) throws(ChainruleError) in
            try values.isContiguous ? nil : FloatMemory(copying: values)
        }
        try withSpan(outputs?.base ?? y.base, count: y.count) { outputs throws(ChainruleError) in
            try withSpan(values??.base ?? targets.values?.base, count: targets.values?.count ?? 0) {
                (values) throws(ChainruleError) in
                try withSpan(targets.weights?.baseAddress, count: targets.weights?.count ?? 0) {
                    (weights) throws(ChainruleError) in
                    try body(outputs, values, weights)
                }
            }
        }
        withExtendedLifetime((outputs, values)) {}
    }

    private func withSpan<Result>(
        _ base: UnsafePointer<Float>?, count: Int, _ body: (Span<Float>) throws(ChainruleError) -> Result
    ) throws(ChainruleError) -> Result {
        guard let base else { return try body(Span()) }
        return try body(Span(_unsafeStart: base, count: count))
    }
}
