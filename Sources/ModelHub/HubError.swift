/// Why a model cannot be found, fetched or removed: one line that says what to do.
public struct HubError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is, for those who answer with a status.
    public enum Kind: Hashable, Sendable {
        /// The name is none, or names what cannot be done.
        case invalid
        /// Neither here nor there is such a model.
        case notFound
        /// A hub wants a token, or an agreement to a licence.
        case forbidden
        /// The network, a hub or the disk did not do its part.
        case failed
        case cancelled
    }

    public let kind: Kind
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// A failure of the network, a hub or the disk.
    public init(_ description: String) {
        self.init(.failed, description)
    }
}

extension HubError {
    /// What a command says of a model that it does not find.
    public static func missing(_ text: String) -> HubError {
        HubError(.notFound, text.printable)
    }
}

extension String {
    /// The text of a stranger within a message: one line, not too long, without control characters.
    var printable: String {
        let line = unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : Character($0) }
        return line.count <= 200 ? String(line) : String(line.prefix(200)) + "…"
    }
}
