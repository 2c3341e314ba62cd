import APIDoors
import Foundation

/// The keys that open a server: those of the settings, and those of the file that they name.
struct KeyRing {
    private let keys: [AccessKey]
    private let file: String?

    init(_ settings: ServeSettings) {
        keys = settings.apiKeys.enumerated().map { AccessKey($1, name: "key-\($0 + 1)") }
        file = settings.apiKeyFile
    }

    /// All keys, the file's as it is now.
    ///
    /// - Throws: ``SettingsError``, where the file cannot be read, is none of keys, or holds none.
    func load() throws(SettingsError) -> [AccessKey] {
        guard let file else { return keys }
        guard let data = FileManager.default.contents(atPath: file), let text = String(bytes: data, encoding: .utf8)
        else {
            throw SettingsError("\(file): cannot be read as a file of keys")
        }
        do {
            let listed = try AccessKeyFile.parse(text)
            guard !listed.isEmpty else { throw SettingsError("\(file): there is no key in this file") }
            return keys + listed
        } catch let complaint as AccessKeyFile.Complaint {
            throw SettingsError("\(file), \(complaint)")
        } catch {
            throw SettingsError("\(error)")
        }
    }
}
