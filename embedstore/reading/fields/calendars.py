"""Names of months, weekdays and time zones, as platforms and spreadsheets write them."""

from embedstore.reading.values import words

# Names and usual abbreviations, January first; | separates languages. Left out is what means
# different months in different languages: "listopada" is November in Polish, October in Croatian.
_MONTHS = """\
january jan | januar jän jänner | enero ene | janvier janv | gennaio gen | janeiro | januari | \
styczeń stycznia sty | января янв январь | ocak oca | leden ledna led | januarie ianuarie ian | \
január | ιανουαρίου ιαν | січня січ | tammikuu tammikuuta
february feb | februar | febrero | février févr fév | febbraio | fevereiro fev | februari | luty \
lutego lut | февраля фев февр февраль | şubat şub | únor února úno | februarie | február | \
φεβρουαρίου φεβ | лютого лют | helmikuu helmikuuta
march mar | märz mär mrz | marzo | mars | março | maart mrt | marzec marca | марта мар март | \
mart | březen března bře | martie | március | μαρτίου μαρ | березня бер | maret | maaliskuu \
maaliskuuta
april apr | abril abr | avril avr | aprile | kwiecień kwietnia kwi | апреля апр апрель | nisan \
nis | duben dubna dub | aprilie | április ápr | απριλίου απρ | квітня квіт | huhtikuu huhtikuuta
may | mai | mayo | maggio mag | maio | mei | maj maja | мая май | mayıs | květen května kvě | \
május máj | μαΐου μαΐ | травня трав | toukokuu toukokuuta
june jun | juni | junio | juin | giugno giu | junho | czerwiec czerwca cze | июня июн июнь | \
haziran haz | červen června čvn | iunie iun | június jún | ιουνίου ιουν | червня черв | kesäkuu \
kesäkuuta
july jul | juli | julio | juillet juil | luglio lug | julho | lipiec lipca | июля июл июль | \
temmuz tem | červenec července čvc | iulie iul | július júl | ιουλίου ιουλ | липня лип | \
heinäkuu heinäkuuta
august aug | agosto ago | août aoû | augustus | sierpień sierpnia sie | августа авг август | \
ağustos ağu | srpen srpna srp | augusti | augusztus | αυγούστου αυγ | серпня серп | agustus agt \
| elokuu elokuuta
september sep sept | septiembre set | septembre | settembre | setembro | wrzesień września wrz | \
сентября сен сент сентябрь | eylül eyl | září zář | septembrie | szeptember szept | σεπτεμβρίου \
σεπ | вересня вер | syyskuu syyskuuta
october oct | oktober okt | octubre | octobre | ottobre ott | outubro out | październik \
października paź | октября окт октябрь | ekim eki | říjen října říj | octombrie | október | \
οκτωβρίου οκτ | жовтня жовт | lokakuu lokakuuta
november nov | noviembre | novembre | novembro | ноября ноя нояб ноябрь | kasım kas | listopadu \
| noiembrie | νοεμβρίου νοε | marraskuu marraskuuta
december dec | dezember dez | diciembre dic | décembre déc | dicembre | dezembro | grudzień \
grudnia gru | декабря дек декабрь | aralık ara | prosinec prosince pro | decembrie | δεκεμβρίου \
δεκ | грудня груд | desember des | joulukuu joulukuuta
"""
MONTHS = {
    name.casefold(): number
    for number, names in enumerate(_MONTHS.splitlines(), 1)
    for name in names.split()
    if name != "|"
}

# A date may begin with one; it is not checked against the date. "mar." is a French Tuesday too.
WEEKDAYS = words(
    "monday mon tuesday tue tues wednesday wed thursday thu thur thurs friday fri saturday sat"
    " sunday sun"
    " montag mo dienstag di mittwoch mi donnerstag do freitag fr samstag sonnabend sa sonntag so"
    " lunes lun martes mar miércoles mié mie jueves jue viernes vie sábado sáb sab domingo dom"
    " lundi mardi mercredi mer jeudi jeu vendredi ven samedi sam dimanche dim"
    " lunedì martedì mercoledì giovedì gio venerdì sabato domenica"
    " segunda segunda-feira seg terça terça-feira ter quarta quarta-feira qua quinta quinta-feira"
    " qui sexta sexta-feira sex"
    " maandag ma dinsdag woensdag wo donderdag vrijdag vr zaterdag za zondag zo"
    " poniedziałek pon wtorek wt środa śr czwartek czw piątek pt sobota sob niedziela niedz"
    " понедельник пн вторник вт среда ср четверг чт пятница пт суббота сб воскресенье вс"
    " pazartesi pzt salı sal çarşamba çar perşembe per cuma cum cumartesi cmt pazar paz"
    " måndag mån tisdag tis onsdag ons torsdag tors fredag fre lördag lör söndag sön"
)

# Words between the parts of a date.
FILLERS = words(
    "at on the of um uhr den de del a las à às le il alle kl klo o godz в г г. год o'clock hrs hr h"
    " and el ás la"
)

BEFORE_NOON = words("am a.m a.m. 上午 午前 오전 凌晨 早上 vorm sa sáng")
AFTER_NOON = words("pm p.m p.m. 下午 午後 오후 晚上 中午 nachm chiều")

# Times there, in summer and in winter.
PLACES = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
}

# Hours from UTC. Where a name has several meanings, that of the platforms' exports: CST is
# central North America (not China), IST India, BST British summer.
ZONES = {
    name: hours
    for hours, names in {
        -10.0: "HST",
        -9.0: "AKST",
        -8.0: "PST AKDT",
        -7.0: "PDT MST",
        -6.0: "MDT CST",
        -5.0: "CDT EST PET COT ECT",
        -4.0: "EDT AST VET BOT CLT",
        -3.0: "ADT BRT ART UYT CLST",
        -3.5: "NST",
        -2.5: "NDT",
        -2.0: "BRST",
        0.0: "UTC GMT Z WET UCT",
        1.0: "CET BST WEST MEZ WAT",
        2.0: "CEST EET SAST CAT MESZ",
        3.0: "EEST MSK EAT TRT",
        4.0: "GST",
        5.0: "PKT",
        5.5: "IST",
        7.0: "WIB ICT",
        8.0: "SGT HKT AWST WITA PHT MYT",
        9.0: "JST KST WIT",
        9.5: "ACST",
        10.0: "AEST",
        10.5: "ACDT",
        11.0: "AEDT",
        12.0: "NZST",
        13.0: "NZDT",
    }.items()
    for name in names.split()
}
