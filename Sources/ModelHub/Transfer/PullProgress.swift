public import JSON

extension PullEvent {
    /// The event as Ollama's clients read it, one object a line; programs that start `ponder pull --json` read the same.
    public var progress: JSONValue {
        switch self {
        case .listing: return ["status": "pulling manifest"]
        case .planned(let plan):
            var object: JSONObject = [
                "status": .string("pulling \(plan.commit.prefix(12))"), "total": .number(plan.byteCount),
                "completed": .number(plan.presentByteCount), "files": .number(plan.files.count),
                "commit": .string(plan.commit),
            ]
            if let license = plan.license { object["license"] = .string(license) }
            return .object(object)
        case .progressed(let file, let completed):
            return [
                "status": .string("downloading \(file.path)"), "digest": .string(file.digest),
                "total": .number(file.byteCount), "completed": .number(completed),
            ]
        case .waiting(_, let reason): return ["status": .string("waiting: \(reason)")]
        case .verified(let file):
            return ["status": .string("verifying digest"), "digest": .string(file.digest)]
        case .finished(let model): return ["status": "success", "model": .string(model.name)]
        }
    }
}
