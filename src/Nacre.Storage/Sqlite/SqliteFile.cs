using Microsoft.Data.Sqlite;

namespace Nacre.Storage.Sqlite;

/// <summary>How a file is made and named to SQLite.</summary>
internal static class SqliteFile
{
    /// <summary>Mode 0600; SQLite gives its log the mode of the file.</summary>
    public static void Make(string path)
    {
        if (File.Exists(path))
            return;

        using var made = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    public static string ConnectionString(string path) => new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString();
}
