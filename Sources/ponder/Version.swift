/// Ponder's release number, as `ponder --version` and `GET /version` tell it.
enum Version {
    static let text = "0.1.0"
}
