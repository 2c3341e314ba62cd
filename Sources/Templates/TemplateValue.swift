/// A value inside the interpreter, as Python's objects behave in Jinja's immutable sandbox.
enum TemplateValue {
    /// Something that is not there; says why.
    case undefined(UndefinedValue)
    case none
    case bool(Bool)
    case integer(Int)
    case wide(WideInteger)
    case float(Double)
    case string(TemplateText)
    case list(ListValue)
    case tuple(ListValue)
    case dictionary(DictionaryValue)
    case range(RangeValue)
    case view(DictionaryView)
    /// What lazy filters give: its elements can be taken once.
    case iterator(IteratorValue)
    case namespace(NamespaceValue)
    case loop(LoopValue)
    case macro(MacroValue)
    case function(GlobalFunction)
    case method(MethodValue)
    case cycler(CyclerValue)
    case joiner(JoinerValue)
    /// `self`: the template's blocks by name.
    case blocks
    case blockFunction(String)
}

/// Why a value is undefined.
final class UndefinedValue: Sendable {
    /// What using the value will report.
    let message: String
    /// Whether it comes from an access that the sandbox refuses.
    let isUnsafeAccess: Bool

    init(_ message: String, isUnsafeAccess: Bool = false) {
        self.message = message
        self.isUnsafeAccess = isUnsafeAccess
    }
}

/// The elements of a list or tuple, which never change; the reference is its identity.
final class ListValue {
    let elements: [TemplateValue]
    /// Where the container was made: the origin of its brackets when it is printed.
    let origin: RenderedText.Origin

    init(_ elements: [TemplateValue], origin: RenderedText.Origin = .template) {
        self.elements = elements
        self.origin = origin
    }
}

/// Python's range.
struct RangeValue: Equatable {
    var start: Int
    var stop: Int
    var step: Int

    /// How many numbers it holds.
    var count: Int {
        let (distance, overflow) =
            step > 0 ? stop.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(stop)
        if overflow {
            return (start < stop) == (step > 0) ? Int.max : 0
        }
        guard distance > 0 else { return 0 }
        return (distance - 1) / Int(clamping: step.magnitude) + 1
    }

    /// The number at an index that is less than `count`.
    func element(_ index: Int) -> Int { start &+ index &* step }
}

/// The keys, values or items of a dictionary.
struct DictionaryView {
    enum Kind: String {
        case keys, values, items
    }

    var kind: Kind
    var dictionary: DictionaryValue

    var elements: [TemplateValue] {
        switch kind {
        case .keys: dictionary.keys
        case .values: dictionary.values
        case .items: dictionary.items
        }
    }
}

/// Elements that are taken one after the other, once.
final class IteratorValue {
    /// What Python calls it: `generator`.
    let typeName: String
    private var remaining: ArraySlice<TemplateValue>

    init(_ elements: [TemplateValue], typeName: String = "generator") {
        self.typeName = typeName
        remaining = elements[...]
    }

    func next() -> TemplateValue? { remaining.popFirst() }

    /// Takes all that is left.
    func drain() -> [TemplateValue] {
        defer { remaining = [] }
        return Array(remaining)
    }
}

/// A namespace, whose attributes a template may set from any scope.
final class NamespaceValue {
    var attributes = DictionaryValue()
}

/// A method of a value, not yet called.
final class MethodValue {
    let receiver: TemplateValue
    let name: String

    init(_ name: String, of receiver: TemplateValue) {
        self.receiver = receiver
        self.name = name
    }
}

/// A macro with the scope that it was defined in.
final class MacroValue {
    let macro: Macro
    let scope: Scope

    init(_ macro: Macro, scope: Scope) {
        self.macro = macro
        self.scope = scope
    }
}

final class CyclerValue {
    let elements: [TemplateValue]
    var position = 0

    init(_ elements: [TemplateValue]) {
        self.elements = elements
    }
}

final class JoinerValue {
    let separator: TemplateValue
    var wasUsed = false

    init(_ separator: TemplateValue) {
        self.separator = separator
    }
}

/// The `loop` of a for statement.
final class LoopValue {
    let elements: [TemplateValue]
    var index = 0
    let depth: Int
    /// What a call of a recursive loop runs again.
    let statement: ForLoop
    let scope: Scope
    /// The values that `loop.changed` saw last.
    var lastChanged: [TemplateValue]?

    init(_ elements: [TemplateValue], depth: Int, statement: ForLoop, scope: Scope) {
        self.elements = elements
        self.depth = depth
        self.statement = statement
        self.scope = scope
    }
}

extension TemplateValue {
    static func text(_ text: String) -> TemplateValue { .string(TemplateText(text)) }

    static func list(_ elements: [TemplateValue]) -> TemplateValue { .list(ListValue(elements)) }

    static func tuple(_ elements: [TemplateValue]) -> TemplateValue { .tuple(ListValue(elements)) }

    static func undefined(_ message: String) -> TemplateValue { .undefined(UndefinedValue(message)) }

    var isUndefined: Bool {
        if case .undefined = self { true } else { false }
    }

    var isNone: Bool {
        if case .none = self { true } else { false }
    }

    /// An integer or a truth value, which is one in Python.
    var integer: Int? {
        switch self {
        case .integer(let value): value
        case .bool(let flag): flag ? 1 : 0
        default: nil
        }
    }

    /// Python's truth of a value.
    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let flag): flag
        case .integer(let value): value != 0
        case .wide(let value): !value.isZero
        case .float(let value): value != 0
        case .string(let text): !text.isEmpty
        case .list(let list), .tuple(let list): !list.elements.isEmpty
        case .dictionary(let dictionary): dictionary.count > 0
        case .range(let range): range.count > 0
        case .view(let view): view.dictionary.count > 0
        case .iterator, .namespace, .loop, .macro, .function, .method, .cycler, .joiner, .blocks, .blockFunction: true
        }
    }

    /// Python's name of the type, for error messages.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .integer, .wide: "int"
        case .float: "float"
        case .string(let text): text.isMarkup ? "Markup" : "str"
        case .list: "list"
        case .tuple: "tuple"
        case .dictionary: "dict"
        case .range: "range"
        case .view(let view): "dict_\(view.kind.rawValue)"
        case .iterator(let iterator): iterator.typeName
        case .namespace: "Namespace"
        case .loop: "LoopContext"
        case .macro: "Macro"
        case .function: "function"
        case .method: "builtin_function_or_method"
        case .cycler: "Cycler"
        case .joiner: "Joiner"
        case .blocks: "TemplateReference"
        case .blockFunction: "BlockReference"
        }
    }
}
