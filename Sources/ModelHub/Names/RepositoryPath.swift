/// Names of files as hubs list them: strangers' text that becomes a path here.
enum RepositoryPath {
    /// Whether a name leads nowhere but into the folder that it is looked up in.
    static func isSafe(_ path: some StringProtocol) -> Bool {
        let parts = String(path).split(separator: "/", omittingEmptySubsequences: false)
        return path.utf8.count <= 1024 && parts.count <= 16 && parts.allSatisfy { isSafePart($0) }
    }

    private static func isSafePart(_ part: Substring) -> Bool {
        (1...255).contains(part.utf8.count) && part != "." && part != ".."
            && part.unicodeScalars.allSatisfy { $0 != "\\" && $0.properties.generalCategory != .control }
    }

    /// The part behind the last slash.
    static func lastPart(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// For a URL: everything but unreserved characters and slashes is escaped, RFC 3986 section 2.
    static func escaped(_ path: some StringProtocol, keeps: String = "/-_.~") -> String {
        let digits = Array("0123456789ABCDEF")
        return path.utf8.reduce(into: "") { text, byte in
            if ModelReference.isAlphanumeric(byte) || keeps.utf8.contains(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }
}

extension String {
    /// Whether the text is so many hexadecimal digits in lower case: a digest, or a commit.
    func isHexadecimal(_ count: Int) -> Bool {
        utf8.count == count && utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
    }
}
