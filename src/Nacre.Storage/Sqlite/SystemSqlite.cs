using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Nacre.Storage.Sqlite;

/// <summary>
/// Loads the system's <c>libsqlite3.so.0</c>, which gets security updates; the library in the package is old and only the fallback.
/// </summary>
internal static class SystemSqlite
{
    private const string ImportName = "e_sqlite3";

    private static readonly Lazy<bool> s_loaded = new(Load);

    public static void Require() => _ = s_loaded.Value;

    private static bool Load()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        raw.FreezeProvider();
        return true;
    }

    private static IntPtr Resolve(string library, Assembly assembly, DllImportSearchPath? path) =>
        library == ImportName && NativeLibrary.TryLoad("libsqlite3.so.0", out var handle) ? handle : IntPtr.Zero;
}
