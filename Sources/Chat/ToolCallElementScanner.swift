internal import JSON
internal import Sampling

/// Reads a tool call that is written as elements byte by byte, and writes its arguments as the JSON text of an object.
///
/// States: before the function's name, inside it, between parameters, inside a parameter's name, inside its value, and
/// behind the function.
struct ToolCallElementScanner: Sendable {
    private enum State {
        case beforeFunction
        case functionName
        case beforeParameter
        case parameterName
        case value
        case afterFunction
    }

    private static let functionOpening = Array("<function=".utf8)
    private static let parameterOpening = Array("<parameter=".utf8)
    private static let functionClosing = Array("</function>".utf8)

    private let spellings: ParameterSpellings
    private var state = State.beforeFunction
    // What came since the last tag.
    private var text: [UInt8] = []
    private var functionName = ""
    private var parameterCount = 0
    private var value = ParameterValue(nil)

    /// The JSON text of the name, once it is complete.
    private(set) var name: [UInt8]?
    /// The JSON text of the arguments, as far as it came and was not taken.
    private(set) var arguments: [UInt8] = []

    /// - Parameter spellings: how the parameters of each tool are spelled; those that are missing are JSON where they can
    ///   be, and strings otherwise.
    init(spellings: ParameterSpellings) {
        self.spellings = spellings
    }

    /// What came of the arguments since the last time.
    mutating func takeArguments() -> [UInt8] {
        let taken = arguments
        arguments.removeAll(keepingCapacity: true)
        return taken
    }

    mutating func consume(_ byte: UInt8) {
        switch state {
        case .beforeFunction: look(for: Self.functionOpening, byte, then: .functionName)
        case .functionName: consumeInFunctionName(byte)
        case .beforeParameter: consumeBetweenParameters(byte)
        case .parameterName: consumeInParameterName(byte)
        case .value: consumeInValue(byte)
        case .afterFunction: break
        }
    }

    /// The call's tag has closed: an object that lacks only its end has it now.
    mutating func close() {
        if name != nil, state == .beforeParameter {
            closeObject()
        }
    }

    private mutating func look(for opening: [UInt8], _ byte: UInt8, then next: State) {
        text.append(byte)
        if text.suffix(opening.count).elementsEqual(opening) {
            text.removeAll()
            state = next
        }
    }

    private mutating func consumeInFunctionName(_ byte: UInt8) {
        guard byte == UInt8(ascii: ">") else {
            text.append(byte)
            return
        }
        functionName = takeName()
        name = JSONValue.string(functionName).serializedBytes()
        state = .beforeParameter
    }

    private mutating func consumeBetweenParameters(_ byte: UInt8) {
        look(for: Self.parameterOpening, byte, then: .parameterName)
        if text.suffix(Self.functionClosing.count).elementsEqual(Self.functionClosing) {
            closeObject()
        }
    }

    private mutating func consumeInParameterName(_ byte: UInt8) {
        guard byte == UInt8(ascii: ">") else {
            text.append(byte)
            return
        }
        let name = takeName()
        arguments += Array((parameterCount == 0 ? "{" : ", ").utf8)
        arguments += JSONValue.string(name).serializedBytes() + Array(": ".utf8)
        parameterCount += 1
        value = ParameterValue(spellings[functionName]?[name])
        state = .value
    }

    private mutating func consumeInValue(_ byte: UInt8) {
        arguments += value.consume(byte)
        if value.isComplete {
            state = .beforeParameter
        }
    }

    private mutating func closeObject() {
        arguments += Array((parameterCount == 0 ? "{}" : "}").utf8)
        state = .afterFunction
    }

    private mutating func takeName() -> String {
        defer { text.removeAll() }
        return String(decoding: text, as: UTF8.self)
    }
}
