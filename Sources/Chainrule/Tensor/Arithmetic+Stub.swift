import Kernels
extension Arithmetic {
    private func each(_ w: Window, _ body: (_ o: Int, _ t: Int, _ i: Int) -> Void) {
        var o = 0
        for od in 0..<w.output[0] {
            for oh in 0..<w.output[1] {
                for ow in 0..<w.output[2] {
                    var t = 0
                    for kd in 0..<w.kernel[0] {
                        for kh in 0..<w.kernel[1] {
                            for kw in 0..<w.kernel[2] {
                                let d = w.first(0, at: od) + kd * w.dilation[0],
                                    h = w.first(1, at: oh) + kh * w.dilation[1],
                                    x = w.first(2, at: ow) + kw * w.dilation[2]
                                if d >= 0 && d < w.input[0] && h >= 0 && h < w.input[1] && x >= 0 && x < w.input[2] {
                                    body(o, t, (d * w.input[1] + h) * w.input[2] + x)
                                }
                                t += 1
                            }
                        }
                    }
                    o += 1
                }
            }
        }
    }
    func depthwise(_ window: Window, _ x: Matrix, weights: Matrix, bias: Matrix?, into y: Matrix) {
        for r in 0..<y.rows { for c in 0..<y.columns { y[r, c] = bias?.base[c] ?? 0 } }
        each(window) { o, t, i in for c in 0..<y.columns { y[o, c] += weights[t, c] * x[i, c] } }
    }
    func depthwiseInputGradient(_ window: Window, _ dy: Matrix, weights: Matrix, into dx: Matrix, accumulating: Bool) {
        if !accumulating { dx.fill { 0 } }
        each(window) { o, t, i in for c in 0..<dx.columns { dx[i, c] += weights[t, c] * dy[o, c] } }
    }
    func depthwiseWeightGradient(_ window: Window, _ x: Matrix, _ dy: Matrix, into dw: Matrix, accumulating: Bool) {
        if !accumulating { dw.fill { 0 } }
        each(window) { o, t, i in for c in 0..<x.columns { dw[t, c] += x[i, c] * dy[o, c] } }
    }
    func maximum(_ window: Window, _ x: Matrix, into y: Matrix, taps: Matrix?) {
        y.fill { -.infinity }
        each(window) { o, t, i in
            for c in 0..<x.columns where x[i, c] > y[o, c] || x[i, c].isNaN {
                y[o, c] = x[i, c]; taps?[o, c] = Float(t)
            }
        }
    }
    func scatterMaximum(_ window: Window, taps: Matrix, _ dy: Matrix, into dx: Matrix) {
        each(window) { o, t, i in for c in 0..<dx.columns where Int(taps[o, c]) == t { dx[i, c] += dy[o, c] } }
    }
    func gatherMaximum(_ window: Window, taps: Matrix, _ v: Matrix, into y: Matrix) {
        each(window) { o, t, i in for c in 0..<v.columns where Int(taps[o, c]) == t { y[o, c] = v[i, c] } }
    }
    func normalizeBlock(_ x: Matrix, into z: Matrix, centers: Bool, epsilon: Float) -> Float {
        var mean = 0.0, n = Double(x.count), v = 0.0
        if centers { for r in 0..<x.rows { for c in 0..<x.columns { mean += Double(x[r, c]) / n } } }
        for r in 0..<x.rows { for c in 0..<x.columns { let d = Double(x[r, c]) - mean; v += d * d / n } }
        let i = 1 / (v + Double(epsilon)).squareRoot()
        for r in 0..<x.rows { for c in 0..<x.columns { z[r, c] = Float((Double(x[r, c]) - mean) * i) } }
        return Float(i)
    }
    func projectBlock(
        _ u: Matrix, gamma: Matrix?, z: Matrix, inverse: Float, centers: Bool, into out: Matrix, accumulating: Bool
    ) {
        var a = 0.0, b = 0.0
        let n = Double(u.count)
        for r in 0..<u.rows {
            for c in 0..<u.columns {
                let g = Double(u[r, c] * (gamma?.base[c] ?? 1)); a += g / n; b += g * Double(z[r, c]) / n
            }
        }
        for r in 0..<u.rows {
            for c in 0..<u.columns {
                let g = Double(u[r, c] * (gamma?.base[c] ?? 1))
                let value = Float(Double(inverse) * (g - (centers ? a : 0) - Double(z[r, c]) * b))
                out[r, c] = accumulating ? out[r, c] + value : value
            }
        }
    }
    func columnMoments(_ a: Matrix, mean: Matrix, variance: Matrix) {
        for c in 0..<a.columns {
            var m = 0.0, v = 0.0
            for r in 0..<a.rows { m += Double(a[r, c]) }
            m /= Double(a.rows)
            for r in 0..<a.rows { v += (Double(a[r, c]) - m) * (Double(a[r, c]) - m) }
            mean.base[c] = Float(m); variance.base[c] = Float(v / Double(a.rows))
        }
    }
    func columnProducts(_ a: Matrix, _ b: Matrix, into sums: Matrix, accumulating: Bool) {
        for c in 0..<a.columns {
            var s: Float = accumulating ? sums.base[c] : 0
            for r in 0..<a.rows { s += a[r, c] * b[r, c] }
            sums.base[c] = s
        }
    }
    func columnAffine(
        _ a: Matrix, scale: Matrix, plus b: Matrix?, scale bScale: Matrix?, offset: Matrix?, into out: Matrix,
        accumulating: Bool
    ) {
        for r in 0..<a.rows {
            for c in 0..<a.columns {
                let v = scale.base[c] * a[r, c] + (b.map { $0[r, c] * bScale!.base[c] } ?? 0) + (offset?.base[c] ?? 0)
                out[r, c] = accumulating ? out[r, c] + v : v
            }
        }
    }
}
