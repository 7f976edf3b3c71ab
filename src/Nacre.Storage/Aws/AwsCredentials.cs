namespace Nacre.Storage.Aws;

/// <summary>Who signs. The session token is there for credentials that end.</summary>
public sealed record AwsCredentials(string KeyId, string Secret, string? SessionToken)
{
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
