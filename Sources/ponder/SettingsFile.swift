import Configuration
import Foundation
import Synchronization

/// A settings file: YAML, or JSON when its name ends in `.json`.
enum SettingsFile {
    /// Reads the file and refuses names that are no settings.
    static func read(_ path: String) throws(SettingsError) -> SettingsSource {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw SettingsError("\(path): cannot be read: \(error.localizedDescription)")
        }
        return try parse(data, path: path)
    }

    /// The settings that the data hold; the path names them in messages, and its ending tells the format.
    static func parse(_ data: Data, path: String) throws(SettingsError) -> SettingsSource {
        let names = KeyCollector()
        let snapshot: any ConfigSnapshot
        do {
            if holdsCommentsOnly(data) {
                snapshot = InMemoryProvider(values: [:]).snapshot()
            } else if path.hasSuffix(".json") {
                snapshot = try JSONSnapshot(data: data.bytes, providerName: path, parsingOptions: names.jsonOptions)
            } else {
                snapshot = try YAMLSnapshot(data: data.bytes, providerName: path, parsingOptions: names.yamlOptions)
            }
        } catch {
            throw SettingsError("\(path): not a file of settings: \(String(describing: error).firstLine)")
        }
        for name in names.all.sorted() where Setting(rawValue: name) == nil {
            throw SettingsError("\(path): there is no setting '\(name)'\(suggestion(for: name))")
        }
        return SettingsSource(snapshot: snapshot) { "\($0.rawValue) in \(path)" }
    }

    /// A file with every setting commented out is an empty one; the YAML parser would ask for a mapping.
    private static func holdsCommentsOnly(_ data: Data) -> Bool {
        data.split(separator: UInt8(ascii: "\n")).allSatisfy { line in
            let text = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }
            return text.isEmpty || text.first == UInt8(ascii: "#")
        }
    }

    /// The likeliest cause of an unknown name: underscores or capitals in place of hyphens.
    private static func suggestion(for name: String) -> String {
        let plain = name.lowercased().filter(\.isLetter)
        let match = Setting.allCases.first { $0.rawValue.filter(\.isLetter) == plain }
        return match.map { "; did you mean '\($0.rawValue)'?" } ?? ""
    }
}

/// Sees every key of a file as the parser asks whether its value is secret: the snapshots list no keys themselves.
private final class KeyCollector: Sendable {
    private let names = Mutex<Set<String>>([])

    var all: Set<String> { names.withLock { $0 } }

    var yamlOptions: YAMLSnapshot.ParsingOptions {
        YAMLSnapshot.ParsingOptions(secretsSpecifier: .dynamic { name, _ in self.collect(name) })
    }

    var jsonOptions: JSONSnapshot.ParsingOptions {
        JSONSnapshot.ParsingOptions(secretsSpecifier: .dynamic { name, _ in self.collect(name) })
    }

    private func collect(_ name: String) -> Bool {
        names.withLock { _ = $0.insert(name) }
        return name == Setting.apiKey.rawValue
    }
}

extension String {
    /// The text up to its first line end: parsers add pictures of the place below it.
    fileprivate var firstLine: String {
        String(prefix { !$0.isNewline })
    }
}
