internal import Serving

/// The form of a file of keys: one a line, as itself or as its digest, and behind it in any order what it may do.
///
///     sha256:9f86d081…0f00a08 infer requests=60 tokens=20000 priority=10 alice
///     a-key-in-the-clear infer,metrics
///     another-one infer weight=3 batch nightly
///
/// Without scopes a key is for everything; without a name it is named by its line. A word that begins with `#` begins a comment.
public enum AccessKeyFile {
    /// Why a line cannot be used. It never holds the key.
    public struct Complaint: Error, Equatable, CustomStringConvertible {
        public let line: Int
        public let reason: String

        public var description: String { "line \(line): \(reason)" }
    }

    /// The keys of a file's text.
    ///
    /// - Throws: ``Complaint`` where a line is none of a key, or a key stands there twice.
    public static func parse(_ text: String) throws(Complaint) -> [AccessKey] {
        var keys: [AccessKey] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            // Within a word it is a character of a key like any other.
            let words = line.split(whereSeparator: \.isWhitespace).prefix { !$0.hasPrefix("#") }
            guard let first = words.first else { continue }
            let number = index + 1
            guard let digest = digest(first) else {
                throw Complaint(
                    line: number, reason: "a key is visible ASCII, or sha256: and 64 hexadecimal digits")
            }
            guard !keys.contains(where: { $0.digest == digest }) else {
                throw Complaint(line: number, reason: "this key stands in the file already")
            }
            keys.append(try key(digest, words.dropFirst(), line: number))
        }
        return keys
    }

    private static func digest(_ word: Substring) -> KeyDigest? {
        let mark = "sha256:"
        if word.hasPrefix(mark) { return KeyDigest(hexadecimal: word.dropFirst(mark.count)) }
        return word.utf8.allSatisfy { 0x21...0x7e ~= $0 } ? KeyDigest(of: word.utf8) : nil
    }

    private static func key(
        _ digest: KeyDigest, _ words: ArraySlice<Substring>, line: Int
    ) throws(Complaint) -> AccessKey {
        var name: String?
        var scopes: Set<AccessScope>?
        var limits = RateLimits.none
        var standing = KeyStanding()
        for word in words {
            if let equals = word.firstIndex(of: "=") {
                switch word[..<equals] {
                case "requests": limits.requestsPerMinute = try number(word, 1...1_000_000_000, line: line)
                case "tokens": limits.tokensPerMinute = try number(word, 1...1_000_000_000, line: line)
                case "weight": standing.weight = try number(word, 1...1000, line: line)
                case "priority": standing.priorityBound = try number(word, GenerationOptions.priorities, line: line)
                default:
                    throw Complaint(
                        line: line, reason: "'\(word)' is none of requests=, tokens=, weight= and priority=")
                }
            } else if word == "batch" {
                standing.isBatch = true
            } else if let listed = listedScopes(word) {
                scopes = (scopes ?? []).union(listed)
            } else if name == nil {
                name = String(word)
            } else {
                throw Complaint(line: line, reason: "'\(word)' is a second name; scopes are infer, metrics and admin")
            }
        }
        return AccessKey(
            digest: digest, name: name ?? "line-\(line)", scopes: scopes ?? Set(AccessScope.allCases), limits: limits,
            standing: standing)
    }

    /// The number behind a word's equals sign.
    private static func number(
        _ word: Substring, _ range: ClosedRange<Int>, line: Int
    ) throws(Complaint) -> Int {
        let text = word.drop { $0 != "=" }.dropFirst()
        guard let value = Int(text), range.contains(value) else {
            throw Complaint(
                line: line, reason: "'\(word)' needs a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private static func listedScopes(_ word: Substring) -> Set<AccessScope>? {
        let names = word.split(separator: ",", omittingEmptySubsequences: false)
        let scopes = names.compactMap { AccessScope(rawValue: String($0)) }
        return scopes.count == names.count ? Set(scopes) : nil
    }
}
