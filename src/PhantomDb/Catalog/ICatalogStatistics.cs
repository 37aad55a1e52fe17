namespace PhantomDb.Catalog;

/// <summary>Where the optimizer gets estimates; the composition root fills it from storage.</summary>
internal interface ICatalogStatistics
{
    TableStatistics OfTable(int tableOid);
}
