internal import HTTPClient

/// One hub over HTTP: what it lists, and the bytes of its files. Calls block.
struct HubClient: Sendable {
    let hub: HubKind
    let server: ServerURL
    let token: String?
    let settings: HubSettings
    var isCancelled: @Sendable () -> Bool

    /// - Throws: ``HubError`` where the environment forbids the network, or its endpoint is no URL.
    init(_ hub: HubKind, settings: HubSettings, isCancelled: @escaping @Sendable () -> Bool) throws(HubError) {
        guard !settings.isOffline else {
            throw HubError(
                .notFound, "HF_HUB_OFFLINE is set, and the model is not here; without it, it could be fetched")
        }
        let endpoint = settings.endpoint(hub)
        do throws(ClientError) {
            server = try ServerURL(endpoint.url)
        } catch {
            throw HubError(.invalid, "\(hub == .huggingFace ? "HF_ENDPOINT" : "MODELSCOPE_ENDPOINT"): \(error)")
        }
        self.hub = hub
        self.settings = settings
        self.isCancelled = isCancelled
        token = endpoint.token
    }

    /// The files of a repository at a revision.
    func list(_ reference: ModelReference) throws(HubError) -> RepositoryListing {
        let repository = reference.repository
        switch hub {
        case .huggingFace:
            let revision = RepositoryPath.escaped(reference.revision ?? "main", keeps: "-_.~")
            return try RepositoryListing(
                huggingFace: body(of: "/api/models/\(repository)/revision/\(revision)?blobs=true", reference))
        case .modelScope:
            let revision = RepositoryPath.escaped(reference.revision ?? "master")
            let path = "/api/v1/models/\(repository)/repo/files?Revision=\(revision)&Recursive=True"
            return try RepositoryListing(modelScope: body(of: path, reference))
        }
    }

    /// Opens a file from an offset on, to its end or to an earlier one.
    ///
    /// - Returns: its bytes from `offset` on, or from the start where the server sends the whole. They may go on beyond `end`.
    /// - Throws: ``HubFailure``, which says whether another try may help.
    func open(
        _ file: RepositoryFile, of reference: ModelReference, commit: String, from offset: Int, to end: Int? = nil
    ) throws(HubFailure) -> FileStream {
        let path =
            switch hub {
            case .huggingFace: "/\(reference.repository)/resolve/\(commit)/\(RepositoryPath.escaped(file.path))"
            case .modelScope:
                "/api/v1/models/\(reference.repository)/repo?Revision="
                    + RepositoryPath.escaped(reference.revision ?? "master")
                    + "&FilePath=\(RepositoryPath.escaped(file.path, keeps: "-_.~"))"
            }
        let last = end.map { String($0 - 1) } ?? ""
        let fields = offset > 0 || end != nil ? [(name: "Range", value: "bytes=\(offset)-\(last)")] : []
        let (response, connection) = try get(path, fields: fields, reference, expecting: file)
        switch response.status {
        case 200:
            return FileStream(connection: connection, offset: 0, isWhole: true)
        case 206:
            guard let range = ContentRange(response["content-range"]), range.start == offset,
                range.total.map({ $0 == file.byteCount }) ?? true
            else { throw .again("the server sent another part of \(file.path) than it was asked for") }
            return FileStream(connection: connection, offset: offset)
        default: throw .again("the server answers \(response.status)")
        }
    }
}

/// The bytes of a file as they come.
struct FileStream {
    private let connection: ClientConnection
    /// Where in the file the bytes begin.
    let offset: Int
    /// Whether the server sends the whole file, whatever it was asked for.
    let isWhole: Bool

    init(connection: ClientConnection, offset: Int, isWhole: Bool = false) {
        self.connection = connection
        self.offset = offset
        self.isWhole = isWhole
    }

    /// The next bytes; nil at the end.
    func read() throws(HubFailure) -> [UInt8]? {
        try HubFailure.wrap { () throws(ClientError) in try connection.readBody() }
    }
}

/// Why a hub gave no answer, and whether it may later.
enum HubFailure: Error {
    case final(HubError)
    /// After the time that the hub asked for, if it did.
    case again(String, after: Duration? = nil)
}

/// `bytes 100-199/1000`
private struct ContentRange {
    let start: Int
    let total: Int?

    init?(_ field: String?) {
        guard let match = field?.wholeMatch(of: /bytes (\d+)-\d+\/(\d+|\*)/), let start = Int(match.1) else {
            return nil
        }
        self.start = start
        total = Int(match.2)
    }
}
