extension Setting {
    /// Of settings that say how models compute and how replies are made.
    var engineExplanation: SettingExplanation? {
        switch self {
        case .threads:
            SettingExplanation(
                standard: "`auto`: one for each core that the process may use",
                meaning: "1 to 1024 threads that compute; HTTP's own few are not counted")
        case .context:
            SettingExplanation(
                standard: "`auto`: what the model was made for",
                meaning: "tokens of prompt and reply together")
        case .ropeScaling:
            SettingExplanation(
                standard: """
                    `auto`: as the checkpoint says; where it says nothing and `context` is beyond its own, as \
                    `by-length`
                    """,
                meaning: """
                    how positions are stretched: `by-length` (YaRN with the smallest factor that a request's length \
                    needs), `yarn` (one factor for every request), `linear`, or `none`. See [long \
                    contexts](#long-contexts)
                    """)
        case .ropeScale:
            SettingExplanation(
                standard: "the checkpoint's; by length, 4",
                meaning: "a number above 1: the factor, by length the largest. Alone, it means `yarn`")
        case .yarnOriginalContext:
            SettingExplanation(
                standard: "the checkpoint's; 32,768 for Qwen3's 40,960",
                meaning: """
                    the tokens that the model was trained with, by which YaRN tells fast rotations from slow ones
                    """)
        case .maxBatchTokens:
            SettingExplanation(
                standard: "`auto`",
                meaning: "1 to 65536 tokens in one step of the engine")
        case .kvCacheMemory:
            SettingExplanation(
                standard: "`auto`",
                meaning: """
                    bytes, or a size with a unit: `KiB`, `MiB`, `GiB`, `TiB` (also `K`, `M`, `G`, `T`) count in \
                    1024, `kB`, `MB`, `GB`, `TB` in 1000
                    """)
        case .kvCacheType:
            SettingExplanation(
                standard: "`f16`",
                meaning: "`f16`, `bf16`, `q8_0` (bytes, 32 to a scale) or `f32`")
        case .activationType:
            SettingExplanation(
                standard: "`auto`",
                meaning: """
                    what BF16 weights are multiplied with: `bf16`, activations rounded as PyTorch has them in a BF16 \
                    model; `f32`, activations as they are; or `auto`, `bf16` where the processor has AVX512-BF16, which \
                    then reads prompts 1.4 to 1.6 times as fast, and `f32` elsewhere, where rounding would take longer
                    """)
        case .memoryLimit:
            SettingExplanation(
                standard: "`auto`: the memory that is free, in the process's control groups too",
                meaning: """
                    what the process may take; a model that needs more is refused, with the numbers, and for one \
                    that finds no room beside others these are unloaded. A larger limit than the free memory tries \
                    all the same
                    """)
        case .tileCache:
            SettingExplanation(
                standard: "none: the weights are in memory",
                meaning: """
                    an existing folder, in which the weights are kept as they are computed with, in a file as large \
                    as the model. The first start writes it; later ones map it and are ready at once, and the \
                    weights take memory only as far as the system has it to spare
                    """)
        case .slotSavePath:
            SettingExplanation(
                standard: "none: nothing is saved",
                meaning: """
                    an existing folder for snapshots of the prefix cache, which `POST /slots/{id}?action=save` \
                    writes and `action=restore` reads (docs/API.md)
                    """)
        case .speculation:
            SettingExplanation(
                standard: """
                    `auto`: by lookup, by the form that an answer is held to and by the draft model, where that \
                    saves time
                    """,
                meaning: "`auto`, `lookup` or `off`; no choice changes a reply")
        case .loopGuard:
            SettingExplanation(
                standard: "`on`",
                meaning: """
                    `off` lets replies that say the same again and again go on to their limit; \
                    `repetition_detection` of a request goes before it (docs/API.md)
                    """)
        case .prefillAhead:
            SettingExplanation(
                standard: "`on`",
                meaning: """
                    when a chat's reply is complete and there is nothing else to do, what the next turn's prompt \
                    will say of it is computed before it is asked for; `off` does without, and saves the power where \
                    conversations seldom go on (docs/API.md)
                    """)
        case .reasoningMemory:
            SettingExplanation(
                standard: "`64MiB`",
                meaning: """
                    memory for the reasoning of earlier replies, which is put back where a client leaves it out \
                    between the steps of a tool call (docs/API.md); a size, or `off`. What was out of use for \
                    longest makes room
                    """)
        case .reasoningMemorySeconds:
            SettingExplanation(
                standard: "`3600`",
                meaning: "how long such reasoning stays after its last use")
        case .strict:
            SettingExplanation(
                standard: "`false`",
                meaning: """
                    `true` refuses a request with a field that is unknown or has no effect; otherwise it is \
                    answered, with `warnings`
                    """)
        case .reasoningField:
            SettingExplanation(
                standard: "`reasoning_content`",
                meaning: """
                    `reasoning_content`, `reasoning` or `both`: the member of replies that holds reasoning; a \
                    request may choose with `reasoning_field`
                    """)
        case .reasoningBudgets:
            SettingExplanation(
                standard: "`minimal=256,low=1024,medium=4096,high=16384`, `xhigh` and `max` unlimited",
                meaning: """
                    tokens of thinking that levels of `reasoning_effort` and its kin stand for, as \
                    `low=512,max=32768`, or `unlimited`; levels that are left out keep theirs
                    """)
        case .excludeToolsWhenToolChoiceNone:
            SettingExplanation(
                standard: "`false`",
                meaning: """
                    `true` leaves tools out of the prompt where `tool_choice` is `none`; a request may choose by a \
                    field of this name with underscores
                    """)
        case .stripBillingHeader:
            SettingExplanation(
                standard: "`on`",
                meaning: """
                    `off` keeps the line `x-anthropic-billing-header:` at the head of system prompts of \
                    `/v1/messages`, which differs in every request and ends the reuse of cached prompts; a request \
                    may choose by a field of this name with underscores
                    """)
        case .trustRequestChatTemplate:
            SettingExplanation(
                standard: "`false`",
                meaning: """
                    `true` lets a request bring a `chat_template` of its own, which decides what the model reads; \
                    its rendering is limited as that of the model's
                    """)
        default: nil
        }
    }
}
