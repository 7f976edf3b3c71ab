namespace Nacre.Storage.MasterKeys.AwsKms;

/// <summary>Who signs. The session token is there for credentials that end.</summary>
internal sealed record AwsCredentials(string KeyId, string Secret, string? SessionToken)
{
    private const string Remedy =
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or AWS_SHARED_CREDENTIALS_FILE (and AWS_PROFILE)";

    /// <summary>From the variables, or the file, that AWS's own programs read.</summary>
    /// <exception cref="StoreException">There are none.</exception>
    public static AwsCredentials Read(Func<string, string?> variable)
    {
        if (variable("AWS_ACCESS_KEY_ID") is { } id && variable("AWS_SECRET_ACCESS_KEY") is { } secret)
            return new(id, secret, variable("AWS_SESSION_TOKEN"));

        var path = variable("AWS_SHARED_CREDENTIALS_FILE") ?? (variable("HOME") is { } home ? Path.Combine(home, ".aws", "credentials") : null);
        if (path is null || !File.Exists(path))
            throw new StoreException($"there are no credentials for AWS KMS; {Remedy}");

        var profile = variable("AWS_PROFILE") ?? "default";
        return FromText(SecretText.FromFile(path, "the credentials for AWS KMS"), profile)
            ?? throw new StoreException($"'{path}' has no whole credentials of the profile '{profile}'; {Remedy}");
    }

    /// <summary>A section in brackets for each profile, with lines <c>name = value</c>.</summary>
    internal static AwsCredentials? FromText(string text, string profile)
    {
        var values = new Dictionary<string, string>();
        var section = "";
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.StartsWith('[') && line.EndsWith(']'))
                section = line[1..^1].Trim();
            else if (section == profile && line.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals && line[0] is not ('#' or ';'))
                values[line[..equals].TrimEnd()] = line[(equals + 1)..].TrimStart();
        }

        return values.TryGetValue("aws_access_key_id", out var id) && values.TryGetValue("aws_secret_access_key", out var secret)
            ? new(id, secret, values.GetValueOrDefault("aws_session_token")) : null;
    }

    public override string ToString() => $"AWS credentials {KeyId}";
}
