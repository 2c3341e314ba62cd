/// The formats of JSON Schema that can be written, each as an expression whose every match is of the format.
enum StringFormats {
    private static let day28 = "(?:0[1-9]|1[0-9]|2[0-8])"
    private static let leapYear =
        "(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)"
    private static let date =
        "(?:[1-9][0-9]{3}-(?:(?:0[1-9]|1[0-2])-\(day28)|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
        + "|\(leapYear)-02-29)"
    private static let time =
        "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
    private static let byte = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
    private static let ipv4 = "\(byte)(?:\\.\(byte)){3}"
    private static let group = "[0-9a-f]{1,4}"
    private static let label = "[a-z0-9]{1,15}(?:-[a-z0-9]{1,15}){0,3}"
    private static let hostname = "(?:\(label)\\.){0,3}[a-z][a-z0-9]{0,14}(?:-[a-z0-9]{1,15}){0,3}"
    private static let hexadecimal = "[0-9A-Fa-f]"
    private static let escape = "%\(hexadecimal){2}"
    private static let email =
        "[A-Za-z0-9_+-]{1,32}(?:\\.[A-Za-z0-9_+-]{1,32}){0,3}@(?:\(label)\\.){1,3}[a-z]{2,12}"
    private static let path = "(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|\(escape))*)*"
    private static let query =
        "(?:\\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|\(escape))*)?(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|\(escape))*)?"
    private static let uri = "(?:https?|ftp)://\(hostname)(?::[1-9][0-9]{0,3})?\(path)\(query)"
    private static let pointer = "(?:/(?:[^~/]|~[01])*)*"

    private static let patterns: [(name: String, pattern: String)] = [
        ("date", date),
        ("time", time),
        ("date-time", "\(date)T\(time)"),
        (
            "duration",
            "P(?:[0-9]{1,4}W|(?:[0-9]{1,4}Y(?:[0-9]{1,2}M(?:[0-9]{1,2}D)?)?|[0-9]{1,2}M(?:[0-9]{1,2}D)?|[0-9]{1,3}D)"
                + "(?:\(durationTime))?|\(durationTime))"
        ),
        ("uuid", "\(hexadecimal){8}-\(hexadecimal){4}-\(hexadecimal){4}-\(hexadecimal){4}-\(hexadecimal){12}"),
        ("ipv4", ipv4),
        ("ipv6", "(?:\(group):){7}\(group)|(?:\(group):){1,6}:\(group)|::(?:\(group)|(?:\(group):){1,5}\(group))|::"),
        ("email", email),
        ("idn-email", email),
        ("hostname", hostname),
        ("idn-hostname", hostname),
        ("uri", uri),
        ("uri-reference", "\(uri)|/\(label)\(path)\(query)"),
        ("iri", uri),
        ("iri-reference", "\(uri)|/\(label)\(path)\(query)"),
        ("json-pointer", pointer),
        ("relative-json-pointer", "(?:0|[1-9][0-9]{0,5})(?:#|\(pointer))"),
        ("byte", "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"),
    ]
    private static let durationTime =
        "T(?:[0-9]{1,3}H(?:[0-9]{1,2}M(?:[0-9]{1,2}S)?)?|[0-9]{1,3}M(?:[0-9]{1,2}S)?|[0-9]{1,3}S)"

    /// Formats that any string has: they tell how it is shown or stored.
    static let unlimited: Set<String> = ["password", "binary"]

    static let names = patterns.map(\.name) + unlimited.sorted()

    static func expression(_ name: String) -> RegularExpression? {
        guard let pattern = patterns.first(where: { $0.name == name })?.pattern else { return nil }
        return try? RegularExpression(parsing: pattern)
    }
}
