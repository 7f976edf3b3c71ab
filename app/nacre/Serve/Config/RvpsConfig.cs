namespace Nacre.Cli.Serve.Config;

/// <summary>Upstream's <c>rvps.json</c> (trust.md 4.4).</summary>
internal static class RvpsConfig
{
    /// <exception cref="CommandException">The file cannot be read. What is wrong in it is kept in the settings.</exception>
    public static ServeSettings Read(FileInfo path)
    {
        var file = ConfigFile.Read(path);
        var settings = new ServeSettings(file, development: false);
        var root = file.Root;
        if (root.Table("storage") is { } storage)
            StorageConfig.Read(storage, settings);
        ReadExtractors(root);

        // The compose file of upstream still has this form; its RVPS ignores it and forgets its values at each start.
        foreach (var key in (string[])["type", "file_path"])
        {
            if (root.Has(key))
                root.Problem(
                    key, "is of an older form that upstream ignores; leave it away: nacre keeps reference values in the store of --data");
        }

        root.Close();
        return settings;
    }

    public static void ReadExtractors(ConfigTable table)
    {
        if (table.Table("extractors") is not { } extractors)
            return;

        if (extractors.Has("swid_extractor"))
            extractors.Note("swid_extractor", "has no settings; SWID documents are taken");
        extractors.Close();
    }
}
