import Foundation
import JSON
import ModelHub
import Models

/// What `--quantize` keeps for the next start, beside the models that it was made of.
struct QuantizedCopies {
    private let copies: [QuantizedCopy]

    init(_ copies: [QuantizedCopy]) {
        self.copies = copies
    }

    /// Those in the folder that is taken where no setting names another.
    init(settings: HubSettings) {
        self.init(QuantizedCache(folder: settings.quantizedFolder).copies)
    }

    /// Those of a model, a GGUF file or a folder.
    func of(_ path: String) -> [QuantizedCopy] {
        let place = Self.resolved(path)
        return copies.filter { copy in
            Self.resolved(copy.checkpoint) == place || Self.resolved(Self.folder(of: copy.checkpoint)) == place
        }
    }

    /// Those whose model is none of these: it was served by its path, or is gone.
    func others(than models: [StoredModel]) -> [QuantizedCopy] {
        let known = Set(models.flatMap { of($0.path) })
        return copies.filter { !known.contains($0) }
    }

    var all: [QuantizedCopy] { copies }

    /// Deletes files; a server that has loaded them does not need them any more.
    ///
    /// - Returns: Their bytes.
    static func remove(_ copies: [QuantizedCopy]) throws(HubError) -> Int {
        for copy in copies {
            do {
                try FileManager.default.removeItem(atPath: copy.path)
            } catch {
                throw HubError("\(copy.path) cannot be removed: \(error.localizedDescription)")
            }
        }
        return copies.reduce(0) { $0 + $1.byteCount }
    }

    /// What somebody would name to have the weights quantised again.
    static func name(of copy: QuantizedCopy) -> String {
        copy.checkpoint.hasSuffix(".gguf") ? copy.checkpoint : folder(of: copy.checkpoint)
    }

    private static func folder(of path: String) -> String { (path as NSString).deletingLastPathComponent }

    /// Links of a cache lead to the same place from wherever they are looked at.
    private static func resolved(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
}

extension ModelLibrary {
    /// Removes a model with what `--quantize` keeps of it.
    ///
    /// - Returns: how many bytes of the disk are free again.
    func removeWithQuantizedCopies(_ reference: ModelReference) throws(HubError) -> Int {
        let copies = QuantizedCopies(settings: settings)
        // Links are followed while they are there.
        let before = models().map { ($0.path, copies.of($0.path)) }
        let freed = try remove(reference)
        let left = Set(models().map(\.path))
        return freed + (try QuantizedCopies.remove(before.filter { !left.contains($0.0) }.flatMap(\.1)))
    }
}

extension QuantizedCopy {
    var json: JSONValue {
        [
            "recipe": .string(recipe), "size": .number(byteCount), "path": .string(path),
            "modified": .string(
                Date(timeIntervalSince1970: Double(modificationTime)).formatted(.iso8601)),
        ]
    }
}
