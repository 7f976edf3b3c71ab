using Nacre.Storage;
using Nacre.Storage.Postgres;
using Npgsql;

namespace Nacre.UnitTests.Storage;

[Trait("Group", "Storage")]
public sealed class PostgresLocationTests
{
    [Theory]
    [InlineData("postgres://nacre@db.example/kbs", "db.example", 5432, SslMode.VerifyFull)]
    [InlineData("postgresql://nacre@db.example:5433/kbs?sslmode=require", "db.example", 5433, SslMode.Require)]
    [InlineData("postgres://nacre@127.0.0.1/kbs", "127.0.0.1", 5432, SslMode.Prefer)]
    [InlineData("postgres:///kbs?host=/run/postgresql&user=nacre", "/run/postgresql", 5432, SslMode.Prefer)]
    [InlineData("Host=db.example;Username=nacre;Database=kbs", "db.example", 5432, SslMode.VerifyFull)]
    [InlineData("Host=db.example;Username=nacre;Database=kbs;SSL Mode=VerifyCA", "db.example", 5432, SslMode.VerifyCA)]
    public void Names_a_database(string text, string host, int port, SslMode mode)
    {
        Assert.True(PostgresLocation.IsOne(text));
        var settings = PostgresLocation.Parse(text);

        Assert.Equal(("nacre", "kbs", host, port, mode), (settings.Username, settings.Database, settings.Host, settings.Port, settings.SslMode));
    }

    [Theory]
    [InlineData("postgres://nacre:hunter2@db.example/kbs", "password")]
    [InlineData("Host=db.example;Password=hunter2", "password")]
    [InlineData("postgres://nacre@db.example/kbs?password=hunter2", "password")]
    [InlineData("postgres:///kbs", "no host")]
    [InlineData("postgres://db.example/kbs?colour=red", "cannot be read")]
    [InlineData("postgres://db.example/kbs?sslmode", "cannot be read")]
    [InlineData("postgres://db.example:99999/kbs", "cannot be read")]
    public void Refuses_what_is_none_and_never_repeats_a_password(string text, string what)
    {
        var message = Assert.Throws<StoreException>(() => PostgresLocation.Parse(text)).Message;

        Assert.Contains(what, message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", message, StringComparison.Ordinal);
    }
}
