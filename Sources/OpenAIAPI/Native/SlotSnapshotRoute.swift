internal import APIDoors
internal import Engine
internal import HTTP
internal import JSON
internal import Serving

/// `POST /slots/{id}?action=save|restore|erase`, in llama-server's words: the prefix cache on disk.
///
/// Sequences have no fixed places here, so that the id says nothing: what is saved, restored or forgotten are the prefixes
/// of all conversations that the cache holds.
struct SlotSnapshotRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        guard let folder = settings.snapshotFolder else {
            throw APIError.unsupported(
                "action", "Slots are neither saved nor restored here: the server was started without --slot-save-path.")
        }
        let text = request.parameters["id"] ?? ""
        guard let slot = Int(text), slot >= 0 else {
            throw APIError.invalid("id", "A slot's id is a whole number from 0, not '\(text.prefix(40))'.")
        }
        let action = try SlotAction(name: request.queryValue("action"))
        var root = FieldReader(try await request.objectIfAny())
        let fields = try SlotFields(from: &root, action: action, settings: settings)
        let lease = try await service.lease(named: fields.model)
        defer { withExtendedLifetime(lease) {} }
        let model = lease.model
        let path = "\(folder)/\(fields.fileName)"
        let command: PrefixCacheCommand =
            switch action {
            case .save: .save(path: path, model: model.fingerprint)
            case .restore: .restore(path: path, model: model.fingerprint)
            case .erase: .erase
            }
        let outcome = try await Self.perform(command, model.engine, fields.fileName)
        return .json(body(outcome, action, slot, fields), warnings: fields.remarks.warnings)
    }

    private static func perform(
        _ command: PrefixCacheCommand, _ engine: InferenceEngine, _ fileName: String
    ) async throws -> PrefixCacheOutcome {
        do {
            return try await engine.perform(command)
        } catch let error as SnapshotError {
            let message = "'\(fileName)': \(error)."
            switch error {
            case .missing:
                throw APIError(
                    status: 404, message: message, type: .invalidRequest, parameter: "filename", code: .notFound)
            case .foreign, .damaged, .otherModel: throw APIError.invalid("filename", message)
            case .unreadable, .unwritable: throw APIError.internalFailure(message)
            }
        } catch is AdmissionError {
            throw APIError(status: 503, message: "The server is shutting down.", type: .server, code: .shuttingDown)
        }
    }

    private func body(
        _ outcome: PrefixCacheOutcome, _ action: SlotAction, _ slot: Int, _ fields: SlotFields
    ) -> JSONValue {
        let milliseconds = JSONValue.number(outcome.duration / .milliseconds(1))
        let (tokens, bytes) = (JSONValue.number(outcome.tokenCount), JSONValue.number(outcome.byteCount))
        return switch action {
        case .save:
            [
                "id_slot": .number(slot), "filename": .string(fields.fileName), "n_saved": tokens, "n_written": bytes,
                "timings": ["save_ms": milliseconds],
            ]
        case .restore:
            [
                "id_slot": .number(slot), "filename": .string(fields.fileName), "n_restored": tokens, "n_read": bytes,
                "timings": ["restore_ms": milliseconds],
            ]
        case .erase: ["id_slot": .number(slot), "n_erased": tokens]
        }
    }
}

/// What is to be done with the cache.
enum SlotAction: String, CaseIterable {
    case save, restore, erase

    init(name: String?) throws(APIError) {
        guard let action = name.flatMap(SlotAction.init) else {
            throw APIError.invalid(
                "action", "The query must say action=save, action=restore or action=erase.")
        }
        self = action
    }
}

/// The body: which file, in the server's folder.
struct SlotFields {
    /// A file name without a folder; empty where none is needed.
    var fileName = ""
    var model: String?
    var remarks: RequestRemarks

    init(from root: inout FieldReader, action: SlotAction, settings: APISettings) throws(APIError) {
        remarks = try RequestRemarks(from: &root, settings: settings)
        model = try root.string("model")
        let name = try root.string("filename")
        if action != .erase {
            guard let name else { throw root.missing("filename") }
            guard Self.isPlain(name) else {
                throw APIError.invalid(
                    "filename",
                    "'filename' must be a plain file name of at most 200 letters, digits, '.', '_' and '-', not beginning with '.'."
                )
            }
            fileName = name
        }
        try remarks.finish(root)
    }

    /// Whether a name stays in its folder, and is one that every file system and every log can hold.
    private static func isPlain(_ name: String) -> Bool {
        let allowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return allowed && (1...200).contains(name.utf8.count) && !name.hasPrefix(".")
    }
}
