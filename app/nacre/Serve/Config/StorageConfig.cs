namespace Nacre.Cli.Serve.Config;

/// <summary>
/// Upstream's key-value storage (trust.md 6). Nacre keeps everything in one store, encrypted; upstream's directories are taken over once, with
/// <c>nacre import</c>.
/// </summary>
internal static class StorageConfig
{
    private const string PostgresUrl = "POSTGRES_URL";

    public static readonly IReadOnlyList<string> Types =
        ["Memory", "memory", "LocalFs", "local_fs", "LocalJson", "local_json", "Postgres", "postgres", "Redis", "redis"];

    public static void Read(ConfigTable storage, ServeSettings settings)
    {
        var type = ReadType(storage, "storage_type");
        var backends = storage.Table("backends");
        var fs = backends?.Table("local_fs");
        var json = backends?.Table("local_json");
        var postgres = backends?.Table("postgres");
        var redis = backends?.Table("redis");
        var place = postgres is null ? null : ReadPostgres(postgres);
        var directory = fs?.Text("dir_path") ?? "/opt/confidential-containers/storage/local_fs";
        var jsonDirectory = json?.Text("file_dir_path") ?? "/opt/confidential-containers/storage/local_json";
        switch (type?.ToLowerInvariant().Replace("_", "", StringComparison.Ordinal))
        {
            case null:
                storage.Note(
                    "storage_type", "is not given: upstream would forget everything at exit, nacre keeps it in the store of --data");
                break;
            case "memory":
                settings.Set("--store", "memory");
                storage.Note("storage_type", "everything is lost at exit, as with upstream; --store sqlite keeps it");
                break;
            case "localfs":
                settings.Unimported = ("local-fs", directory);
                storage.Note("storage_type", $"the store of --data, encrypted; values of {directory} come in with nacre import");
                break;
            case "localjson":
                settings.Unimported = ("local-json", jsonDirectory);
                storage.Note("storage_type", $"the store of --data, encrypted; values of {jsonDirectory} come in with nacre import");
                break;
            case "postgres" when place is null:
                storage.Problem("storage_type", "needs the table backends.postgres");
                break;
            case "postgres":
                UsePostgres(storage, place, settings);
                storage.Note("storage_type", "tables of nacre's own in that database, encrypted; upstream's tables are not read");
                break;
        }

        redis?.Text("url");
        foreach (var table in (ConfigTable?[])[fs, json, postgres, redis, backends, storage])
            table?.Close();
    }

    /// <summary>A kind of storage; null when it is absent, or one that there is not here.</summary>
    public static string? ReadType(ConfigTable table, string key)
    {
        var type = table.Choice(key, Types);
        if (type is not ("Redis" or "redis"))
            return type;

        table.Problem(
            key, "nacre has no store in Redis; use Postgres for several machines, or leave storage_backend away for a file in --data");
        return null;
    }

    private static PostgresPlace ReadPostgres(ConfigTable postgres) => new(
        postgres.Text("username") ?? "postgres", postgres.Text("password"), postgres.Text("host") ?? "localhost",
        postgres.Number("port", 1, 65535) ?? 5432, postgres.Text("db") ?? "postgres");

    // As upstream: the variable comes before the table. Its Helm chart gives the password in no other way.
    private static void UsePostgres(ConfigTable storage, PostgresPlace place, ServeSettings settings)
    {
        if (Environment.GetEnvironmentVariable(PostgresUrl) is { Length: > 0 } url)
        {
            if (PostgresPlace.TryParse(url) is not { } given)
            {
                storage.Problem(
                    "storage_type", $"the variable {PostgresUrl} is no address such as postgresql://USER:PASSWORD@HOST:5432/DATABASE");
                return;
            }

            place = given;
        }

        settings.Set("--store", place.Address);
        if (place.Password is { } password)
            settings.Change(options => options.StorePassword is null ? options with { StorePassword = password } : options);
    }
}
