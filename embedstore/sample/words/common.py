"""What every brand's posts draw on: people, numbers, and small talk around a post."""

COMMON = """
@first
Maria | Priya | Jamal | Aiko | Tom | Leila | Grace | Mateo | Ingrid | Kwame | Sofia | Daniel | Mei
Oluchi | Ben | Fatima | Hannah | Luis | Nadia | Owen | Ruth | Samir | Tess | Yusuf | Clara | Diego
Elif | Noah | Rosa | Viktor | Wanda | Zoe | Abdul | Bea | Carmen | Dev | Esther | Frank | Gita | Hugo
@surname
Okafor | Lindqvist | Moreno | Whitfield | Tanaka | Novak | Adeyemi | Castellano | Brandt | Kaur
Delacroix | Hargreaves | Ibrahim | Sato | Pereira | O'Dowd | Vance | Rahman | Holloway | Stein
@woman
Maria | Priya | Aiko | Leila | Grace | Ingrid | Sofia | Mei | Oluchi | Fatima | Hannah | Nadia | Ruth
Tess | Clara | Elif | Rosa | Wanda | Zoe | Carmen | Esther | Gita
@man
Jamal | Tom | Mateo | Kwame | Daniel | Ben | Luis | Owen | Samir | Yusuf | Diego | Noah | Viktor
Abdul | Dev | Frank | Hugo | Marcus | Callum | Theo | Rafa | Emeka
@second
Alex | Robin | Sam | Jo | Kim | Charlie | Lee | Nico | Andrea | Pat | Casey | Jules | Remy | Toni
@pet
Biscuit | Waffles | Pickle | Mango | Otis | Luna | Beans | Captain | Olive | Moose | Pretzel | Dot
Hazel | Ziggy | Pudding | Rocket | Nugget | Maple | Gus | Clementine
@breed
beagle | greyhound | corgi | dachshund | border collie | golden retriever | very old terrier
husky | three-legged spaniel | Labrador
@city
Austin | Leeds | Toronto | Portland | Dublin | Denver | Bristol | Chicago | Glasgow | Melbourne
Seattle | Boston | Cardiff | Nashville | Vancouver | Manchester | Atlanta | Oslo | Pune | Nairobi
Cape Town | Rotterdam | Madison | Halifax | Wellington | Lagos | San Diego | Milwaukee
@few
two | three | four | five | six | seven | eight | nine
@dozens
12 | 14 | 18 | 20 | 24 | 25 | 30 | 32 | 36 | 40 | 45 | 48 | 50 | 60 | 64 | 75 | 80 | 90
@hundreds
120 | 150 | 175 | 200 | 240 | 250 | 300 | 320 | 365 | 400 | 450 | 500 | 600 | 640 | 750 | 800 | 900
@thousands
1,200 | 1,500 | 1,800 | 2,000 | 2,400 | 2,500 | 3,000 | 3,600 | 4,000 | 5,000 | 6,400 | 7,500
8,000 | 9,000 | 10,000 | 12,000 | 15,000 | 18,000 | 20,000 | 25,000
@bignum
48,000 | 60,000 | 75,000 | 90,000 | 110,000 | 120,000 | 150,000 | 180,000 | 200,000 | 240,000
@pct
4 | 6 | 7 | 8 | 9 | 11 | 12 | 14 | 15 | 17 | 18 | 21 | 22 | 24 | 26 | 28 | 31 | 35 | 38 | 40
@most
71 | 74 | 76 | 78 | 81 | 82 | 84 | 86 | 88 | 89 | 91 | 92 | 93 | 94 | 96
@off
10 | 15 | 20 | 25 | 30 | 40 | 50
@years
six | eight | ten | twelve | fifteen | nineteen | twenty | 22 | 25 | 27 | thirty | 35 | 40
@miles
8 | 12 | 15 | 20 | 22 | 30 | 45 | 60 | 85
@range
280 | 310 | 325 | 340 | 365 | 390
@secs
3.4 | 3.9 | 4.2 | 4.8 | 5.1 | 5.6
@money
$40 million | $65 million | $120 million | $210 million | $380 million | $1.2 billion
$2.4 billion | $850 million
@gift
$2,500 | $5,000 | $10,000 | $12,400 | $18,000 | $25,000 | $40,000 | $60,000 | $100,000
@clock
10am | 11am | noon | 1pm | 2pm | 3pm | 5pm | 6pm | 7pm
@zone
ET | PT | CT | GMT | UTC
@code
HELLO10 | WEEKEND | THANKS15 | EARLYBIRD | COZY20 | FRIENDS | SPRINGTIME | TREAT | MIDWEEK | BRIGHT
@weekday
Monday | Tuesday | Wednesday | Thursday | Friday | Saturday | Sunday
@dayno
3 | 4 | 6 | 8 | 9 | 11 | 12 | 14 | 16 | 17 | 19 | 21 | 22 | 24 | 26 | 27
@rival
the Redhill Foxes | Saltbay | the Brackwater Gulls | Dunford Town | the Kestrels | Ashby Athletic
Port Hallow | the Thornfield Bears
@club
Eastmoor | the Brackwater Gulls | the Redhill Foxes | the Thornfield Bears | Port Hallow United
the Saltbay Sharks | the Ironbridge Hawks
@score
1-0 | 2-0 | 2-1 | 3-1 | 3-2 | 4-1 | 3-0 | 4-3
"""

# Small calls to action before a link, by the tone of voice that would use them.
CALLS = {
    "playful": """
@launch
Go on, have a look 👉 | Come and get it: | You know you want to: | Yours here: | Say hi:
@hiring
Come play: | Send us your best: | Apply (we don't bite): | All jobs 👉
@tip
More where that came from: | Steal our tricks: | Save this one: | The full list 👇
@sale
Run, don't walk: | Treat yourself: | Quick, before it's gone: | Shop it 👉
@event
All of it here 👉 | Here's the plan: | The fun part: | Look:
@any
More here: | Have a look: | Here you go: | Take a peek: | This way 👉 | 👇
""",
    "warm": """
@launch
See it here: | Find yours: | Take a look: | In stores and online:
@hiring
Join us: | Apply here: | Come and work with us: | See all our openings:
@tip
More tips: | Our full guide: | Read on: | Try it tonight:
@sale
Shop now: | See what's in: | Find your favorites: | While it lasts:
@event
All about it: | Have a look: | Here's more: | Everything you need:
@any
More here: | Read on: | Here's more: | See for yourself: | On our blog: | Find out more:
""",
    "formal": """
@launch
Learn more: | Details: | Read the announcement: | Full details here:
@hiring
Apply here: | View the position: | Careers at {brand}: | Job description:
@tip
Read our guide: | More information: | Advice from our experts: | Find out more:
@sale
Terms apply: | See our rates: | View the offer: | Full terms:
@event
Program: | Event page: | More about the event: | Agenda and speakers:
@results
Read the full report: | Earnings release: | Webcast and slides: | Press release:
@any
Read more: | Learn more: | Find out more: | More on our website: | In full: | More:
""",
    "technical": """
@launch
Docs: | Changelog: | Read the announcement: | Try it: | Release notes:
@hiring
Remote or on site: | Apply: | The role: | How we interview:
@tip
Long version: | Write-up: | With examples: | More in the docs:
@sale
Pricing: | Details: | Get the code here: | Plans:
@event
Event page: | Agenda: | All talks: | Details:
@results
Shareholder letter: | Full report: | Numbers: | Release:
@any
Write-up: | Details: | Read more: | Thread: | Blog post: | More:
""",
}

# Hashtags that go with a topic, whoever posts.
TOPIC_TAGS = """
@launch
#New | #JustLaunched | #NewArrival | #ComingSoon | #NowAvailable
@hiring
#Hiring | #JobAlert | #NowHiring | #Careers | #Jobs | #WomenInTech | #Apprenticeships | #JoinUs
@charity
#Community | #GivingBack | #Kindness | #Volunteers | #TogetherWeCan | #GoodCause
@climate
#ClimateAction | #Sustainability | #OnePlanet | #NetZero | #ClimateChange | #CircularEconomy
@sale
#Sale | #Deal | #Savings | #WeekendDeals | #LastChance
@customer
#CustomerStories | #ThankYou | #FeelGood | #MadeMyDay
@event
#Events | #JoinUs | #MeetUs | #Talks
@tip
#Tips | #HowTo | #DidYouKnow | #ProTip | #LifeHacks
@outage
#ServiceUpdate | #Status
@behind
#BehindTheScenes | #MeetTheTeam | #BTS | #HowItsMade | #MeetTheMakers
@sports
#MatchDay | #GameDay | #Goals | #TeamSpirit
@results
#Earnings | #Results | #InvestorRelations | #{rq_tag}
@animals
#PetsOfTwitter | #OfficePets | #GoodBoy | #PetLife
@ask
#QuestionOfTheDay | #Poll | #LetUsKnow | #TellUs
@milestone
#Milestone | #ThankYou | #Award | #Proud | #Anniversary
"""
