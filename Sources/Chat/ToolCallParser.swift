internal import JSON
internal import Sampling
internal import Tokenization

/// One tool call, from bytes to deltas: in the Hermes form, `{"name": …, "arguments": …}`, or as elements,
/// `<function=…>`; which of them shows at its first byte.
///
/// The call begins as soon as its name is complete; its arguments follow as the model writes them, well-formed or not. Text
/// without a name is no call: it is given back as it came.
struct ToolCallParser: Sendable {
    private let index: Int
    private let id: String
    private let spellings: ParameterSpellings
    private var scanner = ToolCallScanner()
    // Nil in the Hermes form.
    private var elements: ToolCallElementScanner?
    private var hasText = false
    private var detokenizer = IncrementalDetokenizer()
    // All bytes so far, until the call has begun.
    private var raw: [UInt8] = []
    private var hasBegun = false
    // Whether any byte of the arguments was taken, be it one that still waits for the rest of its scalar.
    private var hasArguments = false

    /// - Parameters:
    ///   - index: the place of the call among the reply's calls.
    ///   - id: ties the call to its result.
    ///   - spellings: how parameters are spelled in elements, by the tools' and their own names.
    init(index: Int, id: String, spellings: ParameterSpellings = [:]) {
        self.index = index
        self.id = id
        self.spellings = spellings
    }

    mutating func consume(_ bytes: [UInt8]) -> [OutputDelta] {
        for byte in bytes {
            scan(byte)
        }
        var deltas: [OutputDelta] = []
        if !hasBegun {
            raw.append(contentsOf: bytes)
            let written = elements == nil ? scanner.name : elements?.name
            guard let name = written.flatMap(Self.text(ofJSON:)), !name.isEmpty else { return [] }
            hasBegun = true
            deltas.append(.toolCallBegan(index: index, id: id, name: name))
        }
        if let text = takeArguments() {
            deltas.append(.toolCallArguments(index: index, text))
        }
        return deltas
    }

    /// What is left to say at the end: a call without arguments has empty ones.
    /// - Parameter isClosed: whether the closing tag came.
    /// - Returns: nil if the text was no call.
    mutating func finish(isClosed: Bool) -> [OutputDelta]? {
        guard hasBegun else { return nil }
        if isClosed {
            elements?.close()
        }
        let written = elements?.takeArguments() ?? scanner.takeArguments()
        var rest = String(decoding: written, as: UTF8.self)
        rest = detokenizer.finish() + rest
        if rest.isEmpty && !hasArguments {
            rest = "{}"
        }
        return rest.isEmpty ? [] : [.toolCallArguments(index: index, rest)]
    }

    /// The bytes of a text that was no call.
    var rawBytes: [UInt8] { raw }

    private mutating func scan(_ byte: UInt8) {
        if !hasText, byte > UInt8(ascii: " ") {
            hasText = true
            elements = byte == UInt8(ascii: "<") ? ToolCallElementScanner(spellings: spellings) : nil
        }
        if elements == nil {
            scanner.consume(byte)
        } else {
            elements?.consume(byte)
        }
    }

    /// Arguments that can be told; those in quotes are JSON text within JSON text, and come whole.
    private mutating func takeArguments() -> String? {
        if !hasArguments, scanner.arguments.first == UInt8(ascii: "\"") {
            guard scanner.argumentsAreComplete else { return nil }
            let quoted = scanner.takeArguments()
            hasArguments = true
            return Self.text(ofJSON: quoted) ?? String(decoding: quoted, as: UTF8.self)
        }
        let written = elements?.takeArguments() ?? scanner.takeArguments()
        hasArguments = hasArguments || !written.isEmpty
        let text = detokenizer.consume(written)
        return text.isEmpty ? nil : text
    }

    private static func text(ofJSON bytes: [UInt8]) -> String? {
        (try? JSONValue(parsing: bytes))?.stringValue
    }
}
