/// A name of a template, by its index in the template's table of names.
struct NameID: Hashable, Sendable {
    let index: Int
}

/// An expression as parsed.
indirect enum Expression: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case wide(WideInteger)
    case float(Double)
    case string(TemplateText)
    case name(NameID)
    case list([Expression])
    case tuple([Expression])
    case dictionary([(key: Expression, value: Expression)])
    case negative(Expression)
    case positive(Expression)
    case not(Expression)
    case and([Expression])
    case or([Expression])
    /// Applied one after the other, from left to right.
    case arithmetic(Expression, [(ArithmeticOperator, Expression)])
    case concatenation([Expression])
    case comparison(Expression, [(ComparisonOperator, Expression)])
    /// `then if test else otherwise`.
    case conditional(test: Expression, then: Expression, otherwise: Expression?)
    case attribute(Expression, String)
    case item(Expression, Expression)
    case slice(Expression, start: Expression?, stop: Expression?, step: Expression?)
    case call(Expression, Arguments)
    /// Without an input inside a filter block, whose text is the input.
    case filter(Filter, Expression?, Arguments)
    case test(TypeTest, Expression, Arguments)
    /// A filter or test that does not exist, in a branch that may never run.
    case failure(String)
}

/// The arguments of a call as parsed.
struct Arguments: Sendable {
    var positional: [Expression] = []
    var named: [(name: String, value: Expression)] = []
    /// After `*`.
    var positionalSpread: Expression?
    /// After `**`.
    var namedSpread: Expression?
}

enum ArithmeticOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
    case power = "**"
}

enum ComparisonOperator: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case isIn = "in"
    case isNotIn = "not in"
}

/// What a value is assigned to.
indirect enum AssignmentTarget: Sendable {
    case name(NameID)
    case namespaceAttribute(NameID, String)
    case tuple([AssignmentTarget])
}

/// A statement and the line that it starts at.
struct Statement: Sendable {
    var kind: Kind
    var line: Int

    indirect enum Kind: Sendable {
        case text(TemplateText)
        case output(Expression)
        case forLoop(ForLoop)
        case conditional([(test: Expression, body: [Statement])], otherwise: [Statement])
        case set(AssignmentTarget, Expression)
        case setBlock(AssignmentTarget, filter: Expression?, body: [Statement])
        case with([(target: AssignmentTarget, value: Expression)], body: [Statement])
        case macro(Macro)
        case callBlock(call: Expression, caller: Macro)
        case filterBlock(Expression, body: [Statement])
        /// A scoped one sees the variables around it.
        case block(String, isScoped: Bool)
        /// Statements that only mark their body, which runs as a macro's does: `generation`.
        case group([Statement])
        case breakLoop
        case continueLoop
        /// `include`, `import` and `extends`: there is nothing to load from.
        case load
    }
}

struct ForLoop: Sendable {
    var target: AssignmentTarget
    var iterable: Expression
    /// The condition after `if`.
    var filter: Expression?
    var isRecursive: Bool
    var body: [Statement]
    var otherwise: [Statement]
}

struct Macro: Sendable {
    var name: String
    var parameters: [(name: NameID, text: String)]
    /// Of the last parameters.
    var defaults: [Expression]
    var body: [Statement]
    var usesVarargs = false
    var usesKwargs = false
    var usesCaller = false
}

/// A parsed template.
struct SyntaxTree: Sendable {
    var body: [Statement]
    var blocks: [String: [Statement]]
    /// All names, indexed by `NameID`.
    var names: [String]

    /// Names that the interpreter sets by itself; they stand first in every table of names.
    static let loopName = NameID(index: 0)
    static let callerName = NameID(index: 1)
    static let varargsName = NameID(index: 2)
    static let kwargsName = NameID(index: 3)
    static let selfName = NameID(index: 4)
    static let reservedNames = ["loop", "caller", "varargs", "kwargs", "self"]
}
