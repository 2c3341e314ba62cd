internal import Checkpoints
internal import JSON
internal import Models
internal import Tokenization
internal import Tokens

/// Finds what a checkpoint was made for.
enum CheckpointAbilities {
    private enum Purpose {
        case generation, embedding, reranking
    }

    /// A checkpoint that was made to embed or to rerank does that alone; the options add to any.
    static func abilities(
        of checkpoint: Checkpoint, tokenizer: Tokenizer, options: ModelStartupOptions
    ) throws -> ModelAbilities {
        let hasHead = try ModelLoader.describe(checkpoint).shape.hasHead
        let classifier = try ModelLoader.classifier(of: checkpoint)
        let purpose = try classifier == nil ? purpose(of: checkpoint, hasHead: hasHead) : .reranking
        var abilities = ModelAbilities(generates: purpose == .generation)
        if purpose == .embedding || options.embeds {
            abilities.embedding = EmbeddingMethod(end: end(purpose, tokenizer))
        }
        if purpose == .reranking || options.reranks {
            abilities.reranking = try reranking(classifier, checkpoint, tokenizer, hasHead: hasHead)
        }
        return abilities
    }

    private static func purpose(of checkpoint: Checkpoint, hasHead: Bool) throws -> Purpose {
        if let metadata = checkpoint.metadata {
            let architecture = try metadata.string("general.architecture") ?? ""
            let key = "\(architecture).pooling_type"
            switch try metadata.integer(key) {
            case nil, 0: break
            case 3: return .embedding
            case 4: return .reranking
            case .some(let type): throw unsupportedPooling(checkpoint, "\(key) \(type)")
            }
        }
        if try poolsStates(checkpoint) || !hasHead { return .embedding }
        return purpose(named: checkpoint)
    }

    /// Whether sentence-transformers' modules pool states; other ways than the last token's are refused.
    private static func poolsStates(_ checkpoint: Checkpoint) throws -> Bool {
        guard let file = try checkpoint.fileBytes(named: "modules.json") else { return false }
        let modules = try JSONValue(parsing: file).arrayValue ?? []
        guard let module = modules.first(where: { $0["type"]?.stringValue?.hasSuffix("Pooling") == true }) else {
            return false
        }
        let folder = module["path"]?.stringValue ?? "1_Pooling"
        guard let file = try checkpoint.fileBytes(named: "config.json", in: folder) else { return true }
        let pooling = try JSONValue(parsing: file)
        let isLast =
            pooling["pooling_mode_lasttoken"]?.boolValue == true || pooling["pooling_mode"]?.stringValue == "lasttoken"
        guard isLast else { throw unsupportedPooling(checkpoint, "\(folder)/config.json with another mode") }
        return true
    }

    /// Files of older conversions say it by their names alone.
    private static func purpose(named checkpoint: Checkpoint) -> Purpose {
        let names = [
            checkpoint.name, (try? checkpoint.metadata?.string("general.name")) ?? "",
            checkpoint.configuration?["_name_or_path"]?.stringValue ?? "",
        ].map { $0.lowercased().replacing(" ", with: "-") }
        if names.contains(where: { $0.contains("qwen3-reranker") }) { return .reranking }
        return names.contains { $0.contains("qwen3-embedding") } ? .embedding : .generation
    }

    /// The models that embed learned to do it with the end of text, also where their tokenizer's file does not say so.
    private static func end(_ purpose: Purpose, _ tokenizer: Tokenizer) -> [TokenID] {
        guard tokenizer.textEnd.isEmpty, purpose == .embedding else { return tokenizer.textEnd }
        return tokenizer.token("<|endoftext|>").map { [$0] } ?? []
    }

    private static func reranking(
        _ classifier: StateClassifier?, _ checkpoint: Checkpoint, _ tokenizer: Tokenizer, hasHead: Bool
    ) throws -> RerankingMethod {
        if let classifier {
            guard let label = classifier.labels.firstIndex(where: { $0 == "yes" || classifier.labels.count == 1 })
            else {
                throw ModelStartupError(
                    "\(checkpoint.name): expected a classifier with one label or with a 'yes', found \(classifier.labels)"
                )
            }
            return .classifier(classifier, label: label)
        }
        guard hasHead, let yes = tokenizer.token("yes"), let no = tokenizer.token("no") else {
            throw ModelStartupError(
                "\(checkpoint.name): expected a head and the tokens 'yes' and 'no' for reranking, found them missing")
        }
        return .tokens(yes: yes, no: no)
    }

    private static func unsupportedPooling(_ checkpoint: Checkpoint, _ found: String) -> ModelStartupError {
        ModelStartupError("\(checkpoint.name): expected pooling of the last token, found \(found)")
    }
}
