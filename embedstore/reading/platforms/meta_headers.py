"""Columns of Meta Business Suite, which are in the language of whoever exports."""

_COLUMNS = {
    "Post ID": (
        *("Beitrags-ID", "Identificador de la publicación", "Identificación de la publicación"),
        *("ID de la publicación", "Identifiant de la publication", "Identifiant de publication"),
        *("ID de publication", "ID do post", "Identificação do post", "ID da publicação"),
        *("Identificação da publicação", "ID del post", "ID post", "Bericht-ID", "Post-ID"),
    ),
    "Account username": (
        *("Benutzername des Kontos", "Konto-Benutzername", "Kontonutzername"),
        *("Nombre de usuario de la cuenta", "Nom d'utilisateur du compte"),
        *("Nome de usuário da conta", "Nome de utilizador da conta", "Nome utente dell'account"),
        *("Gebruikersnaam van account", "Accountgebruikersnaam", "Gebruikersnaam account"),
    ),
    "Page name": (
        *("Seitenname", "Name der Seite", "Nombre de la página", "Nom de la Page", "Nom de Page"),
        *("Nome da Página", "Nome della Pagina", "Nome Pagina", "Paginanaam", "Naam van pagina"),
    ),
    "Page ID": (
        *("Seiten-ID", "Identificador de la página", "Identificación de la página"),
        *("ID de la página", "Identifiant de la Page", "ID de Page", "Identificação da Página"),
        *("ID da Página", "ID della Pagina", "ID Pagina", "Pagina-ID"),
    ),
    "Title": ("Titel", "Título", "Titre", "Titolo"),
    "Description": ("Beschreibung", "Descripción", "Descrição", "Descrizione", "Beschrijving"),
    "Publish time": (
        *("Veröffentlichungszeit", "Veröffentlichungszeitpunkt", "Zeitpunkt der Veröffentlichung"),
        *("Hora de publicación", "Heure de publication", "Horário de publicação"),
        *("Hora de publicação", "Orario di pubblicazione", "Ora di pubblicazione"),
        *("Publicatietijd", "Publicatietijdstip", "Tijdstip van publicatie"),
    ),
    "Permalink": (
        *("Dauerlink", "Enlace permanente", "Permalien", "Lien permanent", "Link permanente"),
        *("Ligação permanente", "Permanente link"),
    ),
    "Post type": (
        *("Beitragsart", "Beitragstyp", "Tipo de publicación", "Type de publication"),
        *("Tipo de post", "Tipo de publicação", "Tipo di post", "Berichttype", "Type bericht"),
    ),
    "Likes": (
        *('"Gefällt mir"-Angaben', "Gefällt mir", "Me gusta", "J'aime", "Mentions J'aime"),
        *("Curtidas", "Gostos", "Mi piace", "Vind-ik-leuks"),
    ),
    # Not the Dutch "Reacties", which may be comments.
    "Reactions": ("Reaktionen", "Reacciones", "Réactions", "Reações", "Reazioni"),
    "Comments": (
        *("Kommentare", "Comentarios", "Commentaires", "Comentários", "Commenti", "Opmerkingen"),
    ),
    "Shares": (
        *("Geteilte Inhalte", "Geteilt", "Veces que se compartió", "Veces que se ha compartido"),
        *("Veces compartido", "Partages", "Compartilhamentos", "Partilhas", "Condivisioni"),
        *("Keren gedeeld", "Deelacties"),
    ),
    "Views": (
        "Aufrufe",
        "Visualizaciones",
        "Vues",
        "Visualizações",
        "Visualizzazioni",
        "Weergaven",
    ),
    "Impressions": ("Impressionen", "Impresiones", "Impressões", "Impression", "Vertoningen"),
    "Reach": ("Reichweite", "Alcance", "Couverture", "Copertura", "Bereik"),
    "Saves": (
        *("Gespeichert", "Speicherungen", "Veces que se guardó", "Veces que se ha guardado"),
        *("Enregistrements", "Salvamentos", "Guardados", "Salvataggi", "Keren opgeslagen"),
    ),
    "Link clicks": (
        *("Link-Klicks", "Clics en el enlace", "Clics sur un lien", "Clics sur le lien"),
        *("Cliques no link", "Clic sul link", "Klikken op link"),
    ),
    "Total clicks": (
        *("Klicks insgesamt", "Total de clics", "Nombre total de clics", "Total de cliques"),
        *("Clic totali", "Totaal aantal klikken"),
    ),
    "Date": ("Datum", "Fecha", "Data"),
    "Data comment": (
        *("Datenkommentar", "Comentario de datos", "Commentaire sur les données"),
        *("Comentário de dados", "Commento sui dati", "Gegevensopmerking"),
    ),
}
"""Column of an English export to its names in German, Spanish, French, Portuguese, Italian and
Dutch; of some, several have been seen."""


def names_of(*columns: str) -> tuple[str, ...]:
    """List the names of columns in all languages, the English ones first."""
    return (*columns, *(name for column in columns for name in _COLUMNS.get(column, ())))


def place_of(*columns: str) -> str:
    """Make a place of columns, whatever the language: ``Likes|Gefällt mir|…``."""
    return "|".join(names_of(*columns))
