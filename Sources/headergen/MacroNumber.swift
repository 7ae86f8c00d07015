/// The number that a macro of the public header stands for.
enum MacroNumber: Equatable {
    /// A whole number, or an expression of them, which C, Python, Fortran, Lua, Rust and Java spell alike.
    case integer(String)
    /// A float, without C's suffix.
    case real(String)
    /// SIZE_MAX.
    case largestCount

    /// Nil if the macro is no number.
    init?(_ body: String) {
        if body.wholeMatch(of: /(?:\b[0-9]+\b|\bCRL_[A-Z0-9_]+\b|[-+*() ])+/) != nil {
            let inner = body.wholeMatch(of: /\(([^()]*)\)/).map { String($0.output.1) }
            self = .integer(inner ?? body)
        } else if let real = body.wholeMatch(of: /\((-?[0-9.]+(?:[eE][-+]?[0-9]+)?)f\)/)?.output {
            self = .real(String(real.1))
        } else if body == "SIZE_MAX" {
            self = .largestCount
        } else {
            return nil
        }
    }
}
