/// Why a template cannot be read, or why it could not be rendered.
public struct TemplateError: Error, Hashable, Sendable {
    /// The line of the template, counted from 1, where one is known.
    public var line: Int?
    /// What went wrong, in Jinja's words where it has some: `'missing' is undefined`.
    public var message: String

    /// An error at a line of the template.
    public init(line: Int? = nil, message: String) {
        self.line = line
        self.message = message
    }

    init(_ message: String) {
        self.init(line: nil, message: message)
    }

    /// The same error at this line, unless it has one already.
    func located(at line: Int) -> TemplateError {
        TemplateError(line: self.line ?? line, message: message)
    }
}

extension TemplateError: CustomStringConvertible {
    public var description: String {
        line.map { "template line \($0): \(message)" } ?? "template: \(message)"
    }
}
