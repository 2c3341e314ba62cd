/// Why a checkpoint cannot be used: one line that names the file, the place in it, what belongs there and what stands there.
public struct CheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file's path, or the name that the caller gave to bytes in memory.
    public var file: String
    /// Where in the file, in bytes from its start; nil where the error has no one place.
    public var offset: Int?
    /// What the format or the model asks for.
    public var expected: String
    /// What the file holds instead.
    public var found: String

    public init(file: String, offset: Int? = nil, expected: String, found: String) {
        self.file = file
        self.offset = offset
        self.expected = expected
        self.found = found
    }

    /// One line without control characters, whatever the file held.
    public var description: String {
        let place = offset.map { " at byte \($0)" } ?? ""
        return CheckpointError.printable("\(file)\(place): expected \(expected), found \(found)")
    }

    /// Text from a file made safe for one line of a log or a terminal: control characters become `?`, long text is cut.
    public static func printable(_ text: String) -> String {
        let limit = 500
        var scalars = String.UnicodeScalarView()
        for (count, scalar) in text.unicodeScalars.enumerated() {
            guard count < limit else { return String(scalars) + "…" }
            let isControl =
                scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
            scalars.append(isControl ? "?" : scalar)
        }
        return String(scalars)
    }
}
