/// A folder in which repacked weights are kept, so that a model is used from the system's page cache.
///
/// The first start with a checkpoint writes a file of tiles; later ones map it and are ready at once. The weights then take
/// no memory of the process: the system fetches their pages as they are used, drops them when it needs the room, and shares
/// them between processes. A model larger than the memory runs, at the speed of the disk. A file is used only as long as
/// the checkpoint's files are as they were and this program lays tiles out as the one did that wrote it; a folder may hold
/// the tiles of many checkpoints, and files in it may be deleted whenever no process uses them.
public struct TileCache: Hashable, Sendable {
    /// An existing folder.
    public let folder: String

    public init(folder: String) {
        self.folder = folder
    }
}
