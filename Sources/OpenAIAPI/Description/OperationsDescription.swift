internal import APIDoors
internal import JSON

extension OperationsRoute {
    static let healthDescription = RouteDescription("The process lives.", response: ["status": .string])
    static let readyDescription = RouteDescription("Requests can be served.", response: ["status": .string])
    static let loadDescription = RouteDescription(
        "How many replies run or wait, in vLLM's word.", response: ["server_load": .integer])
    static let versionDescription = RouteDescription("The release.", response: ["version": .string])
}

extension ModelsRoute {
    static let listDescription = RouteDescription(
        "The models of the server, in memory or not.",
        response: [
            "object": .string, "data": .array(model), "has_more": .boolean, "first_id": .nullable(.string),
            "last_id": .nullable(.string),
        ])

    static let modelDescription = RouteDescription("A model.", response: model)

    private static let model: JSONShape = [
        "id": .string, "object": .string, "created": .integer, "owned_by": .string, "type": .string,
        "display_name": .string, "created_at": .string,
        "status": ["value": .string, "failed": .optional(.boolean), "message": .optional(.string)],
        "max_model_len": .optional(.integer), "context_windows": .optional(.contextWindows),
        "quantization": .optional(.string), "parameter_count": .optional(.integer),
        "license": .optional(.nullable(.string)),
        "modes": .optional([
            "chat": .boolean, "completion": .boolean, "thinking": .nullable(.string), "tools": .boolean,
            "embedding": .boolean, "reranking": .boolean,
        ]),
        "aliases": .array(.string),
        "capabilities": .optional(.array(.string)),
    ]
}

extension ModelControlRoute {
    static let loadDescription = RouteDescription(
        "Loads a model, in llama-server's words.", request: request, response: response)

    static let unloadDescription = RouteDescription(
        "Unloads a model when its running replies have ended, in llama-server's words.", request: request,
        response: response)

    private static let request = RequestDescription([["model": "test-model"]], required: ["model"]) { body in
        var root = FieldReader(body)
        _ = try ModelControlFields(from: &root, settings: APISettings(version: ""))
    }

    private static let response: JSONShape = ["success": .boolean]
}

extension ServerStateRoute {
    static let propertiesDescription = RouteDescription(
        "A model and its defaults, in llama-server's words: the first, or the one that the query names.",
        response: [
            "default_generation_settings": [
                "n_ctx": .integer, "params": .anything, "params_without_thinking": .anything,
            ],
            "context_windows": .contextWindows, "total_slots": .integer,
            "model_alias": .string, "model_path": .string, "is_sleeping": .boolean, "build_info": .string,
            "chat_template": .string,
            "modalities": ["vision": .boolean, "audio": .boolean],
        ])

    static let slotsDescription = RouteDescription(
        "The sequences that run, in llama-server's words.",
        response: .array(["id": .integer, "n_ctx": .integer, "is_processing": .boolean]))
}

extension SlotSnapshotRoute {
    static let description = RouteDescription(
        "Saves, restores or erases the cached prefixes, in llama-server's words: the query's action says which.",
        request: RequestDescription([["filename": "a.bin"]]) { body in
            var root = FieldReader(body)
            _ = try SlotFields(from: &root, action: .save, settings: APISettings(version: ""))
        },
        response: ([
            "id_slot": .integer, "filename": .optional(.string), "n_saved": .optional(.integer),
            "n_written": .optional(.integer), "n_restored": .optional(.integer), "n_read": .optional(.integer),
            "n_erased": .optional(.integer),
            "timings": .optional(["save_ms": .optional(.number), "restore_ms": .optional(.number)]),
        ] as JSONShape).with(.warnings))
}
