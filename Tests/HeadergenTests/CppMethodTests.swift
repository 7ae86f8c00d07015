import Testing

@testable import headergen

@Suite struct CppMethodTests {
    private static let types = CppTypes(kinds: [
        "crl_network": .handle, "crl_workspace": .handle, "crl_cell": .enumeration, "crl_write_function": .callback,
        "crl_targets": .structure(isMirrored: false), "crl_layer": .structure(isMirrored: false),
        "crl_window": .structure(isMirrored: true), "crl_step_options": .structure(isMirrored: true),
        "crl_layer_options": .structure(isMirrored: false),
    ])

    private static let network = Prototype.Parameter(
        name: "network", type: CType(name: "crl_network", pointers: [false]))

    /// A parameter as it is written in C.
    private static func parameter(_ text: String) -> Prototype.Parameter {
        var tokens = CTokens(text)
        let type = tokens.takeType()!
        return Prototype.Parameter(name: tokens.take()!, type: type)
    }

    private static func method(_ name: String, of parameters: [Prototype.Parameter]) -> String? {
        let function = Prototype(name: name, result: CType(name: "crl_status"), parameters: parameters)
        return CppMethod(function, of: "crl_network", types: types)?.text()
    }

    /// Of a function whose first parameter is the network.
    private static func method(_ name: String, _ parameters: String..., isConst: Bool = false) -> String? {
        var network = network
        network.type.isConst = isConst
        return method(name, of: [network] + parameters.map(parameter))
    }

    /// What is expected.
    private static func text(_ signature: String, _ statements: String...) -> String {
        "    returned<\(signature)\n    {\n" + statements.map { "        \($0)\n" }.joined() + "    }"
    }

    @Test func layer() {
        #expect(
            Self.method(
                "crl_network_add_odd", "crl_cell cell", "const size_t *axes", "size_t axes_count",
                "const crl_layer_options *options")
                == Self.text(
                    "void> add_odd(chainrule::cell cell, list<std::size_t> axes,\n"
                        + "        const chainrule::layer_options &options = {})",
                    "return add(options, [&](auto *c) {",
                    "    return crl_network_add_odd(get(), detail::number(cell), axes.data(), axes.size(), c);", "});"))
        #expect(
            Self.method(
                "crl_network_add_sum", "const char *const *inputs", "size_t inputs_count", "const char *name")
                == Self.text(
                    "void> add_sum(list<const char *> inputs, text name = nullptr)",
                    "return detail::give(crl_network_add_sum(get(), inputs.data(), inputs.size(), name.get()));"))
    }

    @Test(arguments: [
        ("size_t *count", "std::size_t", "detail::get<std::size_t>(crl_network_it, get())"),
        ("float *rate", "float", "detail::get<float>(crl_network_it, get())"),
        ("const char **label", "const char *", "detail::get<const char *>(crl_network_it, get())"),
        ("crl_cell *cell", "chainrule::cell", "detail::look<chainrule::cell>(crl_cell(), crl_network_it, get())"),
        ("crl_layer *layer", "crl_layer", "detail::fill(crl_layer CRL_LAYER_INIT, crl_network_it, get())"),
        (
            "crl_window *window", "chainrule::window",
            "detail::look<chainrule::window>(crl_window CRL_WINDOW_INIT, crl_network_it, get())"
        ),
    ])
    func result(_ parameter: String, _ type: String, _ expression: String) {
        #expect(
            Self.method("crl_network_it", parameter, isConst: true)
                == Self.text("\(type)> it() const", "return \(expression);"))
    }

    @Test func severalResults() {
        #expect(
            Self.method(
                "crl_network_shape", "size_t *extents", "size_t extents_count", "size_t *rank", isConst: true)
                == Self.text(
                    "std::vector<std::size_t>> shape() const",
                    "return detail::collect<std::vector<std::size_t>>([&](std::size_t *data, std::size_t capacity, std::size_t *count) {",
                    "    return crl_network_shape(get(), data, capacity, count);", "});"))
    }

    @Test func arguments() {
        #expect(
            Self.method(
                "crl_network_go", "const float *x", "size_t x_rows", "size_t x_stride", "const crl_targets *targets",
                "float *g", "size_t g_count", "int32_t adds", "crl_workspace *workspace", "const crl_step_options *how")
                == Self.text(
                    "void> go(const_rows x, const chainrule::targets &targets, span<float> g, bool adds,\n"
                        + "        chainrule::workspace &workspace, const chainrule::step_options &how = {})",
                    "const auto targets_c = detail::c(targets);", "const auto how_c = detail::c(how);",
                    "return detail::give(crl_network_go(get(), x.data(), x.count(), x.stride(), detail::address(targets_c), g.data(),",
                    "    g.size(), adds, workspace.get(), detail::address(how_c)));"))
        #expect(
            Self.method("crl_network_save", "crl_write_function write", "void *user", isConst: true)
                == Self.text(
                    "void> save(const write_function &write) const",
                    "return detail::give(crl_network_save(get(), detail::write, detail::user(write)));"))
    }

    @Test func functionThatMakesTheHandle() {
        #expect(
            Self.method(
                "crl_network_load",
                of: ["const void *bytes", "size_t count", "size_t memory_limit", "crl_network **network"].map(
                    Self.parameter))
                == Self.text(
                    "network> load(chainrule::bytes bytes, std::size_t memory_limit = 0)",
                    "return made([&](crl_network **made) {",
                    "    return crl_network_load(bytes.data(), bytes.size(), memory_limit, made);", "});"
                ).replacing("    returned", with: "    static returned"))
    }

    @Test(arguments: [
        ["const size_t *begin", "const size_t *end", "size_t axes_count"], ["float **values", "size_t *count"],
        ["crl_network **copy"], ["const float *mean"], ["void *user"],
    ])
    func noMethod(_ parameters: [String]) {
        #expect(Self.method("crl_network_odd", of: [Self.network] + parameters.map(Self.parameter)) == nil)
    }
}
