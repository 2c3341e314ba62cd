internal import JSON

/// What a hub says about one revision of a repository; everything in it was checked.
struct RepositoryListing: Hashable, Sendable {
    /// Forty hexadecimal digits that stand for these files and no others.
    let commit: String
    let files: [RepositoryFile]
    /// Files of which the list does not tell size and digest, so that nothing could be checked.
    let unverifiable: Set<String>
    let license: String?
}

/// A file of a repository.
struct RepositoryFile: Hashable, Sendable {
    /// Within the repository, by slashes; leads nowhere else.
    let path: String
    let byteCount: Int
    let digest: ContentDigest
}

/// What a file's bytes must come to.
enum ContentDigest: Hashable, Sendable {
    /// 64 hexadecimal digits.
    case sha256(String)
    /// Of a Git blob: 40 hexadecimal digits.
    case gitSHA1(String)

    /// As caches name the file.
    var name: String {
        switch self {
        case .sha256(let digits), .gitSHA1(let digits): digits
        }
    }

    /// As lists of Ollama's clients show it.
    var labelled: String {
        switch self {
        case .sha256(let digits): "sha256:\(digits)"
        case .gitSHA1(let digits): "sha1:\(digits)"
        }
    }
}

extension RepositoryListing {
    /// The most files that a repository may have.
    private static let fileLimit = 20_000

    /// Reads what Hugging Face answers to `GET /api/models/{repository}/revision/{revision}?blobs=true`.
    ///
    /// - Throws: ``HubError`` where it says nothing that can be used, or names a file that is none.
    init(huggingFace body: [UInt8]) throws(HubError) {
        let root = try Self.object(body)
        guard let commit = root["sha"]?.stringValue, commit.isHexadecimal(40),
            let siblings = root["siblings"]?.arrayValue, siblings.count <= Self.fileLimit
        else { throw Self.useless }
        var files = CheckedFiles()
        for sibling in siblings {
            let path = sibling["rfilename"]?.stringValue
            let large = sibling["lfs"]
            let size = large?["size"]?.intValue ?? sibling["size"]?.intValue
            if let digits = large?["sha256"]?.stringValue ?? large?["oid"]?.stringValue {
                try files.add(path, size, .sha256(digits))
            } else {
                try files.add(path, size, .gitSHA1(sibling["blobId"]?.stringValue ?? ""))
            }
        }
        let tags = root["tags"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let tag = tags.first { $0.hasPrefix("license:") }.map { String($0.dropFirst(8)) }
        self.init(
            commit: commit, files: files.files, unverifiable: files.unverifiable,
            license: (root["cardData"]?["license"]?.stringValue ?? tag)?.printable)
    }

    /// Reads what ModelScope answers to `GET /api/v1/models/{repository}/repo/files?Recursive=True`.
    ///
    /// It names no commit: what stands for one is the SHA-1 of the listing.
    ///
    /// - Throws: ``HubError`` where it says nothing that can be used, or names a file that is none.
    init(modelScope body: [UInt8], license: String? = nil) throws(HubError) {
        let root = try Self.object(body)
        if root["Success"]?.boolValue == false {
            let message = root["Message"]?.stringValue ?? "no reason given"
            throw HubError(.notFound, "ModelScope does not list the model: \(message.printable)")
        }
        guard let entries = root["Data"]?["Files"]?.arrayValue, entries.count <= Self.fileLimit else {
            throw Self.useless
        }
        var checked = CheckedFiles()
        for entry in entries where entry["Type"]?.stringValue != "tree" {
            let digits = entry["Sha256"]?.stringValue ?? ""
            try checked.add(entry["Path"]?.stringValue, entry["Size"]?.intValue, .sha256(digits))
        }
        let files = checked.files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        var digest = DigestState(.gitBlob(byteCount: 0))
        for file in files { digest.update(Array("\(file.path)\n\(file.byteCount)\n\(file.digest.name)\n".utf8)[...]) }
        self.init(
            commit: digest.finish(), files: files, unverifiable: checked.unverifiable, license: license?.printable)
    }

    private static let useless = HubError("the hub's listing of the repository is none that is understood here")

    private static func object(_ body: [UInt8]) throws(HubError) -> JSONObject {
        guard let object = (try? JSONValue(parsing: body))?.objectValue else { throw useless }
        return object
    }
}

/// The files of a list, sorted by whether what comes can be checked.
private struct CheckedFiles {
    /// No file is larger: 16 TiB.
    private static let byteLimit = 1 << 44

    private(set) var files: [RepositoryFile] = []
    private(set) var unverifiable: Set<String> = []

    /// - Throws: ``HubError`` for a name that is none.
    mutating func add(_ path: String?, _ size: Int?, _ digest: ContentDigest) throws(HubError) {
        guard let path, RepositoryPath.isSafe(path) else {
            throw HubError("the hub lists a file by the name '\((path ?? "").printable)', which may lead anywhere")
        }
        let isDigest =
            switch digest {
            case .sha256(let digits): digits.isHexadecimal(64)
            case .gitSHA1(let digits): digits.isHexadecimal(40)
            }
        if let size, 0...Self.byteLimit ~= size, isDigest {
            files.append(RepositoryFile(path: path, byteCount: size, digest: digest))
        } else {
            unverifiable.insert(path)
        }
    }
}
