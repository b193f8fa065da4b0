"""What posts say on a day that everybody marks."""

HOLIDAYS = """
@New Year
Happy New Year from all of us at {brand}!
Goodbye {lastyear}, hello {year}. [What are you looking forward to?|Let's make it a kind one.]
Our New Year's resolution: [answer faster, waste less, laugh more|less paper, more time for you]. What's yours?
{^few} things we learned in {lastyear}, and one we hope for in {year}.
{^place} is closed on January 1 so that our {makers} can sleep in. Happy New Year!
Ten, nine, eight... Wishing our {fans} a bright start to {year}.
@Valentine's Day
Roses are red, violets are blue, {product} [is in stock|has a crush] and so do you.
To the one who [shares the last bite|always drives|lets you pick the film]: happy Valentine's Day.
Love is {first} and {second}, who met at {place} and are still at it {years} years later.
Happy Valentine's Day to our {makers}. We'd choose you again.
No date? No problem. {^product} is a great listener. Happy Valentine's Day.
@International Women's Day
On International Women's Day we celebrate the {hundreds} women among our {makers}. Meet {first}.
{woman} was told this job wasn't for girls. She now runs {place}. Happy International Women's Day.
Today and every day: equal pay for equal work. Our {year} figures are out, and the gap is {pct}%. Not good enough.
"Take the seat at the table. If there's none, bring a chair." {first}, {brand}, on International Women's Day.
@Mother's Day
Call your mom. [That's the whole post.|We'll wait.] Happy Mother's Day!
To the moms, stepmoms, grandmas and everybody who does the mothering: thank you.
We asked our {makers} for the best advice their mothers gave them. {first}'s: "Eat first, decide later."
For the woman who taught you to tie your shoes: {product}. Happy Mother's Day.
@Father's Day
Happy Father's Day to the kings of the bad pun. [Reply with his best one.|We salute you.]
He says he doesn't want anything. He's lying. Happy Father's Day from {brand}.
{woman} and her father have worked side by side at {place} for {years} years. Happy Father's Day to them and yours.
Dads, granddads, and everyone who stands in: today's yours.
@the Fourth of July
Happy Fourth of July! Sparklers, friends and a long weekend. Stay safe out there.
{^place} is closed today for Independence Day. Back tomorrow at {clock}.
Fireworks tip from our {makers}: keep pets inside and the radio on. Happy Independence Day!
Red, white and {brand}. Wishing you a bright Fourth of July.
@Labor Day
To everyone who works with their hands, their heads and their hearts: happy Labor Day.
Today we rest. Happy Labor Day to our {makers} and yours.
Labor Day hours: {place} is closed, and {first} is fishing.
@Halloween
What's the scariest thing at {place}? [The {month} inventory.|{first}'s costume.|An empty coffee jar.] Happy Halloween!
Boo. {^makers} in costume, judges in tears. Vote for your favorite Halloween outfit.
We carved {dozens} pumpkins at {place} and only {few} look like {first}. Happy Halloween!
Trick or treat? {^fans} in costume get a surprise at {place} until {clock}.
@Thanksgiving
Happy Thanksgiving from our family to yours.
We're closed on Thanksgiving so that our {makers} can be with their families. See you on Friday.
This Thanksgiving we're grateful for [you|our {makers}|our {fans}], {cause}, and second helpings.
{first} from {place} is serving {hundreds} Thanksgiving dinners at the {city} shelter today. Thank you.
Thankful list, in order: health, friends, {product}, pie. Happy Thanksgiving!
Our doors stay shut this Thanksgiving Day. Some things matter more than a sale: our employees' time with family.
@Christmas
Merry Christmas from everyone at {place}!
Wishing you a warm, peaceful Christmas, [wherever you are|whoever's at your table].
{first} is on duty at {place} this Christmas so that others can be home. Thank you, {first}.
The tree is up at {place}, and {pet} has already taken it down. Happy holidays!
It's beginning to look a lot like Christmas at {place}. [Last orders by {weekday}.|Cocoa's on.]
{^place} is closed until the 27th. From our {makers}: happy holidays, and thank you for this year.
Dear Santa, our {fans} have been very good. Please bring {product}.
"""

HOLIDAY_TAGS = """
@New Year
#HappyNewYear | #NewYear | #Hello{year}
@Valentine's Day
#ValentinesDay | #Love
@International Women's Day
#IWD{year} | #InternationalWomensDay | #WomenInBusiness
@Mother's Day
#MothersDay | #ThanksMom
@Father's Day
#FathersDay | #DadJokes
@the Fourth of July
#July4th | #IndependenceDay
@Labor Day
#LaborDay
@Halloween
#Halloween | #TrickOrTreat
@Thanksgiving
#Thanksgiving | #Thankful | #Grateful
@Christmas
#MerryChristmas | #HappyHolidays | #Christmas
"""
