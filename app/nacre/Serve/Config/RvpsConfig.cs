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
        var storage = root.Table("storage");
        foreach (var table in (ConfigTable?[])[root, storage])
            PassOver(table);
        if (storage is not null)
            StorageConfig.Read(storage, settings);
        ReadExtractors(root);
        root.Close();
        return settings;
    }

    // Upstream's compose file still has this form; its RVPS ignores it and forgets its values at each start.
    private static void PassOver(ConfigTable? table)
    {
        foreach (var key in (string[])["type", "file_path"])
        {
            if (table?.Has(key) == true)
                table.Note(key, "of an older form, which upstream ignores too: reference values are in the store of --data");
        }
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
