/// The command line.
struct Options: Equatable {
    var interface = ""
    var sources = ""
    var output = ""
    var clang = "clang"
    var isCheck = false

    static let usage = """
        usage: headergen --interface FILE --sources FOLDER --output FOLDER [--clang PROGRAM] [--check]

          --interface  the C interface that the Swift compiler wrote for the module ChainruleC (ChainruleC-Swift.h)
          --sources    the package's folder Sources
          --output     the package's own folder; into its folders include, bindings and Sources/ChainruleC go the files
          --clang      the clang that reads the header for the other languages (default: clang)
          --check      write nothing; fail, and name them, if files are not as they would be written
        """

    init(_ arguments: some Sequence<String>) throws(GeneratorError) {
        var iterator = arguments.makeIterator()
        while let argument = iterator.next() {
            if argument == "--check" {
                isCheck = true
                continue
            }
            guard let value = iterator.next() else {
                throw GeneratorError("'\(argument)' is unknown or lacks its value\n\(Self.usage)")
            }
            switch argument {
            case "--interface": interface = value
            case "--sources": sources = value
            case "--output": output = value
            case "--clang": clang = value
            default: throw GeneratorError("unknown option '\(argument)'\n\(Self.usage)")
            }
        }
        guard !interface.isEmpty, !sources.isEmpty, !output.isEmpty else {
            throw GeneratorError("--interface, --sources and --output are needed\n\(Self.usage)")
        }
    }
}
