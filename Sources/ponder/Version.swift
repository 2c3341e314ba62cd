/// Ponder's release number, as `ponder --version` and `GET /version` tell it.
enum Version {
    static let text = "0.1.0"
    /// When the manual page was last made anew for a release.
    static let date = "November 27, 2026"
}
