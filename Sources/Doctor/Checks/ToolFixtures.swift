internal import JSON

/// The tools that requests of the checks bring.
enum ToolFixtures {
    static let weather =
        #"{"type": "function", "function": {"name": "get_weather", "description": "The weather of a city.", "parameters": {"type": "object", "properties": {"city": {"type": "string", "maxLength": 20}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}}, "required": ["city", "unit"], "additionalProperties": false}}}"#
    static let time =
        #"{"type": "function", "function": {"name": "get_time", "description": "The time in a zone.", "parameters": {"type": "object", "properties": {"zone": {"type": "string", "enum": ["Europe/Paris", "Asia/Shanghai"]}}, "required": ["zone"], "additionalProperties": false}}}"#
    static let both = "[\(weather), \(time)]"
    static let names: Set<String> = ["get_weather", "get_time"]

    /// What a call's arguments are held to.
    static func parameters(of name: String) -> JSONValue? {
        let text = name == "get_weather" ? weather : name == "get_time" ? time : "{}"
        return (try? JSONValue(parsing: text))?["function"]?["parameters"]
    }

    static let question = #"{"role": "user", "content": "What is the weather in Paris in celsius?"}"#
}
