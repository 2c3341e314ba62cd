extension Setting {
    /// Of settings that say which models are served, and as what.
    var modelExplanation: SettingExplanation? {
        switch self {
        case .model:
            SettingExplanation(
                standard: "the built-in model, unless there is a `models-dir` or `pulled-models`",
                meaning: """
                    a GGUF file (of a split one, the first), a folder with `config.json`, safetensors files and \
                    `tokenizer.json`, or the [name](models.md) of a model that is here, such as `Qwen/Qwen3-0.6B`; \
                    also `NAME=PATH`, with a name for clients. Several: several arguments, a list, or text separated \
                    by commas; see [below](#several-models)
                    """)
        case .modelsDir:
            SettingExplanation(
                standard: "none",
                meaning: """
                    a folder, below which every GGUF file and every folder with safetensors files is a model by its \
                    name, loaded when a request names it. What is put there while the server runs is served, too
                    """)
        case .pulledModels:
            SettingExplanation(
                standard: "`false`",
                meaning: """
                    `true` serves every model of the [store](models.md) too, by the name that `ponder list` shows, \
                    or any other of its names; those that are fetched while the server runs, too, and not those that \
                    are removed. `allow-pull` implies it. Without a `model` it takes the place of the built-in one
                    """)
        case .preload:
            SettingExplanation(
                standard: "the first `model`",
                meaning: """
                    the names of the models that the start loads: the flag several times, a list, or text separated \
                    by commas
                    """)
        case .idleUnload:
            SettingExplanation(
                standard: """
                    `auto`: what the start loads stays, and others are unloaded 300 seconds after their last \
                    request, unless that says otherwise (`keep_alive`)
                    """,
                meaning: "seconds after which any model is unloaded that nobody asked for; `never`, or 0")
        case .pull:
            SettingExplanation(
                standard: "`false`",
                meaning: """
                    `true` fetches a model that is named and not here, before anything else begins \
                    ([models.md](models.md))
                    """)
        case .allowPull:
            SettingExplanation(
                standard: "`false`",
                meaning: """
                    `true` lets requests fetch and remove models: `POST /api/pull` and `DELETE /api/delete`, for \
                    keys of the scope `admin`. Whoever may can fill the disk
                    """)
        case .quantize:
            SettingExplanation(
                standard: "`auto`: as the checkpoint has them",
                meaning: """
                    `q8_0`, `q6_k` or `q4_k_m` (also `q4_k`) quantise float weights as they are read; `none` makes \
                    BF16 of FP8 instead of Q8_0 ([models.md](models.md#quantised-checkpoints))
                    """)
        case .quantizeCache:
            SettingExplanation(
                standard: "`auto`: `~/.cache/ponder/quantized`, where `XDG_CACHE_HOME` does not move it",
                meaning: "a folder in which quantised weights are kept for the next start, or `off`")
        case .draftModel:
            SettingExplanation(
                standard: "none",
                meaning: """
                    a GGUF file or a folder, as `model`: a small model with the same vocabulary, which guesses \
                    tokens ahead
                    """)
        case .embeddings:
            SettingExplanation(
                standard: "`false`",
                meaning: """
                    `true` has a model that was not made for it give embeddings too: the state behind a text's last \
                    token. Qwen3-Embedding does without being told
                    """)
        case .reranking:
            SettingExplanation(
                standard: "`false`",
                meaning: """
                    `true` has a model that was not made for it rank documents too: by its yes and no. \
                    Qwen3-Reranker does without being told
                    """)
        case .alias:
            SettingExplanation(
                standard: "the file's or the folder's name",
                meaning: """
                    the name that clients give as `model` and get back, and further ones that are answered too: the \
                    flag several times, a list, or text separated by commas, or behind vLLM's `--served-model-name` \
                    all at once. Of the first model, as are `draft-model` and `chat-template-file`
                    """)
        case .anyModelName:
            SettingExplanation(
                standard: "`false`",
                meaning: """
                    `true` answers whatever `model` a request names; otherwise a name that no model has is a 404
                    """)
        case .chatTemplateFile:
            SettingExplanation(
                standard: "the model's own template",
                meaning: "a Jinja file")
        default: nil
        }
    }
}
